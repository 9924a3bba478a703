"""What admission decides by."""

from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from contracts.storage.load import Load, read_load


def test_the_load_is_what_waits_and_what_is_kept(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    assert read_load(redis, BULK) == Load(0, 0, 0)
    job = jobs.create([b"x" * 100, b"y" * 10], BULK)
    jobs.annotated_images.put(job.id, 0, b"drawn")
    redis.rpush(BULK, "a message")
    assert read_load(redis, BULK) == Load(1, 110, 5)
    assert read_load(redis, INTERACTIVE) == Load(0, 110, 5)
