"""Leases: kept while work goes on, given up when it is stuck, with injected time."""

import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock
from workers.leases import Leases


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


def test_a_held_job_is_renewed_and_a_released_one_is_not(store: JobStore, redis: Redis, clock: ManualClock) -> None:
    job = store.create([b"x"], BULK)
    store.claim(job.id, "me")
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.held(job.id, "me"):
        clock.now += 10
        leases.renew()
    renewed = redis.zscore(keys.OPEN_JOBS, job.id)
    assert renewed == clock.now + Settings().lease_s
    clock.now += 10
    leases.renew()
    assert redis.zscore(keys.OPEN_JOBS, job.id) == renewed


def test_a_stuck_job_is_named_and_no_longer_renewed(store: JobStore, redis: Redis, clock: ManualClock) -> None:
    job = store.create([b"x"], BULK)
    store.claim(job.id, "me")
    before = redis.zscore(keys.OPEN_JOBS, job.id)
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.held(job.id, "me"):
        assert leases.stuck() == {}
        clock.now += 101
        assert leases.stuck() == {job.id: "me"}
        leases.renew()
        assert redis.zscore(keys.OPEN_JOBS, job.id) == before
    assert leases.stuck() == {}


def test_a_job_is_released_when_its_analysis_raises(store: JobStore, clock: ManualClock) -> None:
    leases = Leases(store, time_limit_s=1, clock=clock)
    with pytest.raises(ValueError, match="broken"), leases.held("id", "me"):
        raise ValueError("broken")
    clock.now += 2
    assert leases.stuck() == {}


def test_time_in_which_a_job_is_paused_is_not_its_own(store: JobStore, redis: Redis, clock: ManualClock) -> None:
    job = store.create([b"x"], BULK)
    store.claim(job.id, "me")
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.held(job.id, "me") as lease:
        clock.now += 60
        with lease.paused():
            clock.now += 60
            leases.renew()
            assert leases.stuck() == {}
        assert redis.zscore(keys.OPEN_JOBS, job.id) == clock.now + Settings().lease_s, "it goes on being renewed"
        clock.now += 30
        assert (lease.own_s, lease.paused_s, leases.stuck()) == (90, 60, {})
        clock.now += 11
        assert leases.stuck() == {job.id: "me"}


def test_a_job_goes_on_counting_when_what_it_was_paused_for_raises(store: JobStore, clock: ManualClock) -> None:
    leases = Leases(store, time_limit_s=1, clock=clock)
    with leases.held("id", "me") as lease:
        with pytest.raises(ValueError, match="broken"), lease.paused():
            raise ValueError("broken")
        clock.now += 2
        assert leases.stuck() == {"id": "me"}


def test_jobs_of_a_batch_are_renewed_while_they_come_to_their_turn_and_are_never_stuck(
    store: JobStore, redis: Redis, clock: ManualClock
) -> None:
    job, later = store.create([b"x"], BULK), store.create([b"y"], BULK)
    for each in (job, later):
        store.claim(each.id, "me")
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.waiting([(job.id, "me"), (later.id, "me")]), leases.held(job.id, "me"):
        clock.now += 101
        assert leases.stuck() == {job.id: "me"}
        before = redis.zscore(keys.OPEN_JOBS, job.id)
        leases.renew()
        assert redis.zscore(keys.OPEN_JOBS, job.id) == before
        assert redis.zscore(keys.OPEN_JOBS, later.id) == clock.now + Settings().lease_s
    clock.now += 10
    before = redis.zscore(keys.OPEN_JOBS, later.id)
    leases.renew()
    assert redis.zscore(keys.OPEN_JOBS, later.id) == before


def test_jobs_that_are_analysed_together_go_on_while_one_is_decoded_and_are_watched_when_none_is(
    store: JobStore, clock: ManualClock
) -> None:
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.together() as together:
        clock.now += 60
        with together.held("one", "me"), together.held("one", "me"), together.held("another", "me"):
            clock.now += 101
            assert not leases.hangs(), "each has a limit of its own"
            assert leases.stuck() == {"one": "me", "another": "me"}
        clock.now += 99
        assert not leases.hangs()
        with pytest.raises(ValueError, match="broken"), together.held("one", "me"):
            raise ValueError("broken")
        clock.now += 99
        assert (leases.hangs(), leases.stuck()) == (False, {}), "it has gone on since then"
        clock.now += 2
        assert (leases.hangs(), leases.stuck()) == (True, {}), "and is nobody's fault"
    assert not leases.hangs()


def test_two_threads_may_hold_the_same_job(store: JobStore, redis: Redis, clock: ManualClock) -> None:
    job = store.create([b"x"], BULK)
    store.claim(job.id, "me")
    leases = Leases(store, time_limit_s=100, clock=clock)
    with leases.held(job.id, "me"):
        clock.now += 60
        with leases.held(job.id, "me"):
            pass
        leases.renew()
        assert redis.zscore(keys.OPEN_JOBS, job.id) == clock.now + Settings().lease_s
        clock.now += 41
        assert leases.stuck() == {job.id: "me"}
