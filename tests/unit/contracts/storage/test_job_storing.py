"""Storing a job, and finding it stored, as safely as the setting says; `test_durability` has the servers for it."""

import pytest
from redis import Redis

from contracts.errors import AcceptanceUnknown, JobGone
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import durability, keys
from contracts.storage.jobs import JobStore


@pytest.fixture
def waiting(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> JobStore:
    """A store that waits for a replica, for a moment; there is none."""
    monkeypatch.setattr(durability, "CONFIRM_S", 0.01)
    return JobStore(redis, Settings(durability="replicated"))


def test_a_job_that_is_not_safe_in_time_is_stored_once_and_uncertain(waiting: JobStore, redis: Redis) -> None:
    with pytest.raises(AcceptanceUnknown, match="less safely than it should be: 1 of 1 replicas") as raised:
        waiting.create([b"x"], BULK)
    assert waiting.get(raised.value.job_id).id == raised.value.job_id
    assert waiting.images(raised.value.job_id) == [b"x"]
    assert redis.zcard(keys.queued(BULK)) == 1


def test_what_is_found_stored_is_confirmed_only_where_something_is_waited_for(waiting: JobStore, redis: Redis) -> None:
    at_once = JobStore(redis, Settings())
    job = at_once.create([b"x"], BULK)
    at_once.confirm(job)
    with pytest.raises(AcceptanceUnknown):
        waiting.confirm(job)
    redis.flushall()
    at_once.confirm(job)
    with pytest.raises(JobGone):
        waiting.confirm(job)


def test_a_step_that_finds_the_job_stored_writes_what_can_be_waited_for(waiting: JobStore, redis: Redis) -> None:
    job = JobStore(redis, Settings()).create([b"x"], BULK)
    changes = lambda: redis.info("persistence")["rdb_changes_since_last_save"]  # noqa: E731
    record, before = redis.hgetall(keys.job(job.id)), changes()
    with pytest.raises(AcceptanceUnknown):
        waiting.confirm(job)
    assert redis.hgetall(keys.job(job.id)) == record
    assert changes() > before
