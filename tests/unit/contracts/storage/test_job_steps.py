"""What the Lua steps of a job take, and leases: renewed, by one clock, and held up by nothing; a real server."""

import json
import time

import pytest
from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.job_steps import Claim, claimant, job_keys
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock
from support.factories import make_items


def test_a_step_that_may_end_a_job_has_its_keys_and_both_queues() -> None:
    given = job_keys("id")
    assert given[:2] == [keys.job("id"), keys.job_images("id")]
    assert given[-2:] == [keys.queued("interactive"), keys.queued("bulk")]
    assert len(given) == len(set(given)) == 8, "finalize.lua counts them"


def test_a_claimant_says_what_is_to_be_said_of_a_job_that_is_given_up() -> None:
    owner, now, *_, exhausted, isolated = claimant(Settings(max_attempts=2), 5.0, "me", isolated=True)
    assert (owner, now, isolated) == ("me", 5.0, 1)
    assert json.loads(str(exhausted))["detail"].startswith("2 workers stopped")


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


def test_leases_go_by_the_servers_clock(redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(redis, settings)
    job = store.create([b"x"], INTERACTIVE)
    monkeypatch.setattr(time, "time", lambda: 5.0)  # this host's is wrong by decades
    assert store.claim(job.id, "a") is Claim.CLAIMED
    seconds, microseconds = redis.time()
    lease_s = redis.zscore(keys.OPEN_JOBS, job.id) - seconds - microseconds / 1e6
    assert settings.lease_s - 5 < lease_s <= settings.lease_s
    assert store.renew({job.id: "a"}) == 1
    assert store.overdue() == []
    assert redis.zscore(keys.OPEN_JOBS, job.id) - seconds > settings.lease_s - 5


def test_a_record_that_is_none_holds_up_no_lease_and_no_reconciler(
    store: JobStore, redis: Redis, clock: ManualClock
) -> None:
    broken, sound = (store.create([b"x"], BULK) for _ in range(2))
    for job in (broken, sound):
        store.claim(job.id, "a")
    redis.delete(keys.job(broken.id))
    redis.set(keys.job(broken.id), "no hash")
    assert store.renew({broken.id: "a", sound.id: "a"}) == 1
    clock.now += Settings().lease_s + 1
    assert store.overdue() == [(sound.id, BULK)]
    assert store.open_count() == 1


def test_a_renewed_lease_keeps_the_job(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE)
    store.claim(job.id, "slow")
    for _ in range(5):
        clock.now += Settings().lease_s - 1
        assert store.renew({job.id: "slow"}) == 1
        assert store.renew({job.id: "other"}) == 0
        assert store.overdue() == []
    assert store.finish(job.id, "slow", make_items())
