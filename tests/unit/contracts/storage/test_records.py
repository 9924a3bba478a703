"""Records of a newer version: what is added is passed over, and what cannot be read is an error that says so."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict
from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.jobs import JOB_VERSION
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.job_hash import from_hash, from_notice
from contracts.storage.job_queue import Batch, Finished, JobQueue
from contracts.storage.job_steps import Claim
from contracts.storage.jobs import JobStore
from contracts.storage.records import read_record
from support.clocks import ManualClock
from support.factories import make_items

GOLDEN = Path(__file__).parents[3] / "contract/golden"


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def queue(redis: Redis, store: JobStore, settings: Settings, clock: ManualClock) -> JobQueue:
    return JobQueue(redis, store, settings, clock)


def stored() -> dict[str, str]:
    """A job as it was stored by this version."""
    return json.loads((GOLDEN / "job_labelled_hash.json").read_text(encoding="utf-8"))


def with_more(value: Any) -> Any:
    """The same with a member more in every object, but for those that are maps."""
    maps = {"metadata", "scores", "stages_ms"}
    if isinstance(value, list):
        return [with_more(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: part if name in maps else with_more(part) for name, part in value.items()} | {"added": {"by": 2}}


def test_members_that_a_newer_version_adds_are_passed_over_at_any_depth() -> None:
    newer = stored() | {"added": "by a newer version"}
    for member in ("items", "options"):
        newer[member] = json.dumps(with_more(json.loads(newer[member])))
    newer["error"] = json.dumps({"code": "new_code", "detail": "A new one.", "field": None, "added": 1})
    assert newer["items"].count("added") >= 6
    read, old = from_hash(newer), from_hash(stored())
    assert read.error is not None
    assert read.error.code == "new_code"
    assert read.model_copy(update={"error": None}) == old
    assert from_notice(f"{old.id} {json.dumps(newer)}") == (old.id, read)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda record: record | {"version": "3"}, "version"),
        (lambda record: record | {"version": "two"}, "invalid literal"),
        (lambda record: record | {"state": "paused"}, "state"),
        (
            lambda record: record | {"items": record["items"].replace('"emotion":"Happy"', '"emotion":"Bored"')},
            "emotion",
        ),
        (
            lambda record: record | {"items": record["items"].replace('{"version":1', '{"version":2')},
            "items.0.analysis",
        ),
        (lambda record: record | {"items": "[{"}, "Expecting"),
        (lambda record: record | {"options": "7"}, "options"),
        (lambda record: {name: value for name, value in record.items() if name != "created_at"}, "created_at"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_content(change: Any, place: str) -> None:
    with pytest.raises(RecordUnreadable, match=place) as error:
        from_hash(change(stored()))
    assert f"job {stored()['id']}" in error.value.detail
    assert "Bored" not in error.value.detail


class Allowance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1


def test_what_allows_something_is_read_in_full_or_not_at_all() -> None:
    assert read_record(Allowance, b'{"only_from": "127.0.0.1"}', "It") == Allowance()
    with pytest.raises(RecordUnreadable, match="of another version of Mien, or damaged, and cannot be read: only"):
        read_record(Allowance, b'{"only_from": "127.0.0.1"}', "It", in_full=True)


def test_scripts_know_the_version_of_a_job_that_this_one_writes() -> None:
    lua = Path(__file__).parents[4] / "contracts/storage/lua"
    for name in ("attempt", "overdue"):
        assert f"local VERSION = {JOB_VERSION} " in (lua / f"{name}.lua").read_text(encoding="utf-8")


@pytest.mark.parametrize("single", [False, True])
def test_a_job_of_a_newer_version_waits_for_a_worker_of_that_version_and_loses_no_attempt(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, single: bool
) -> None:
    newer, sound = (store.create([b"photo"], BULK) for _ in range(2))
    redis.hset(keys.job(newer.id), mapping={"version": JOB_VERSION + 1, "options": '{"upside_down": true}'})
    assert [claimed.job.id for claimed in queue.claim(BULK, "a", single=single).jobs] == [sound.id]
    queue.finish("a", [Finished(sound.id, make_items(), None)])
    for owner in "bcd":
        assert queue.claim(BULK, owner, single=single) == Batch()
        assert redis.llen(BULK) == 0, "no message is sent on, to be taken again at once"
        assert store.claim(newer.id, owner) is Claim.NEWER
        clock.now += 100
        assert newer.id not in {job_id for job_id, _ in store.overdue()}
    assert redis.hmget(keys.job(newer.id), "state", "attempts") == [b"queued", b"0"]
    assert store.images(newer.id) == [b"photo"]
    assert redis.zscore(keys.queued(BULK), newer.id)


@pytest.mark.parametrize(("field", "value"), [("queue", "leisurely"), ("state", "paused")])
def test_the_reconciler_leaves_a_job_of_a_newer_version_alone(
    store: JobStore, clock: ManualClock, redis: Redis, field: str, value: str
) -> None:
    newer = store.create([b"photo"], BULK)
    redis.hset(keys.job(newer.id), mapping={"version": JOB_VERSION + 1, field: value})
    clock.now += 100
    assert store.overdue() == []
    assert redis.hget(keys.job(newer.id), field) == value.encode()
    assert store.images(newer.id) == [b"photo"]
    assert store.open_count() == 1
