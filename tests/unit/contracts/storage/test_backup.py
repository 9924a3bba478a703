"""What a backup has in it, and that nothing of the key layout was forgotten."""

import re
from typing import Final

from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.backup import OF_CAMERAS, PLAIN, SECRET, BackupSource
from contracts.storage.jobs import JobStore

OF_JOBS: Final = {
    "mien:job:{id}",
    "mien:job:{id}:images",
    "mien:job:{id}:annotated",
    "mien:job:{id}:once",
    "mien:once:{hash}",
    "mien:webhook:{id}",
    "mien:webhooks:due",
    "mien:webhooks:dead",
}
"""Read with each job."""
MADE_ANEW: Final = {
    "mien:queued:{queue}",
    "mien:jobs:open",
    "mien:jobs:load",
    "mien:annotated:until",
    "mien:annotated:bytes",
    "mien:files:erasures",
}
"""Follow from the jobs."""
OF_ITS_MOMENT: Final = {
    "mien:claimed:{owner}": "a restored job is nobody's",
    "mien:files:rewritten": "of the server's own file",
    "mien:refused:{hash}": "for minutes, while a call is on its way",
    "mien:jobs:done:{gateway}": "a channel",
    "mien:restored:{backup}:parts": "as well",
    "mien:restored:{backup}": "of the server on which it was restored",
    "mien:workers": "workers say it themselves, every three seconds",
    "mien:confirmed": "of the server: what it has written, or its replicas",
    "mien:counters": "Prometheus takes what comes back for things that happen",
    "mien:lanes": "a backup is made of a drained system as well, and one that is restored is to work",
}


def test_every_key_of_the_broker_is_backed_up_made_anew_or_left_out_for_a_reason() -> None:
    broker, _ = (keys.__doc__ or "").split("Frame Redis (")
    documented = set(re.findall(r"^    (mien:\S+)", broker, re.MULTILINE))
    assert documented == OF_JOBS | MADE_ANEW | OF_ITS_MOMENT.keys() | SECRET.keys() | PLAIN.keys()
    assert set(OF_CAMERAS) < set(re.findall(r"mien:\S+", keys.__doc__ or ""))


def test_it_tells_of_which_server_it_is(redis: Redis) -> None:
    assert re.fullmatch(r"\w+ \d+\.\d+\.\d+", BackupSource(redis, redis).server())


def test_who_may_come_in_stands_first_and_what_was_done_last(redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"image"], BULK)
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    redis.lpush(keys.AUDIT, "entry")
    kinds = [entry.kind for entry in BackupSource(redis, redis).entries()]
    assert kinds == ["key", "images", "job", "key"]


def test_a_large_job_comes_in_parts(redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"x" * 3_000_000] * 3, BULK)
    parts = [entry.images for entry in BackupSource(redis, redis).entries() if entry.kind == "images"]
    assert [len(part) for part in parts] == [1, 1, 1]
