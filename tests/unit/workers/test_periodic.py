"""Work beside the tasks: lost jobs announced again, leases renewed, a stuck worker ended, heartbeats."""

import os
import threading

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobState
from contracts.metrics import JOBS_RETRIED
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.dispatch import Dispatcher
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import Claim, JobStore
from support.clocks import ManualClock, WaitFor
from workers import periodic
from workers.periodic import EXIT_STUCK, Periodic, PeriodicTasks, reconcile, renew_leases, report_heartbeat
from workers.services import Services


def lost(services: Services, redis: Redis) -> str:
    """The id of a job whose message was lost, and which the reconciler is to look at now."""
    job = services.jobs.create([b"x"], BULK)
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})
    return job.id


def test_a_lost_job_is_announced_again_and_counted(
    services: Services, dispatcher: Dispatcher, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = lost(services, redis)
    assert reconcile(services, dispatcher) == 1
    assert redis.llen(BULK) == 1
    assert job_id in redis.lindex(BULK, 0).decode()
    assert services.counters.read() == {JOBS_RETRIED: 1}
    assert f"job {job_id} is announced again" in caplog.text


def test_two_reconcilers_announce_a_lost_job_once(services: Services, dispatcher: Dispatcher, redis: Redis) -> None:
    lost(services, redis)
    assert [reconcile(services, dispatcher) for _ in range(2)] == [1, 0]
    assert redis.llen(BULK) == 1


def test_without_lost_jobs_there_is_nothing_to_do(services: Services, dispatcher: Dispatcher, redis: Redis) -> None:
    services.jobs.create([b"x"], BULK)
    assert reconcile(services, dispatcher) == 0
    assert redis.llen(BULK) == 0
    assert services.counters.read() == {}


def test_a_dead_workers_job_is_announced_and_can_be_claimed(
    services: Services, dispatcher: Dispatcher, redis: Redis, settings: Settings, clock: ManualClock
) -> None:
    job = services.jobs.create([b"x"], BULK)
    assert services.jobs.claim(job.id, "dead") is Claim.CLAIMED
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})  # as if its lease had run out
    assert reconcile(services, dispatcher) == 1
    assert JobStore(redis, settings).claim(job.id, "alive", isolated=True) is Claim.CLAIMED


def test_leases_of_running_jobs_are_renewed(services: Services, redis: Redis) -> None:
    job = services.jobs.create([b"x"], BULK)
    services.jobs.claim(job.id, "me")
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})
    with services.leases.held(job.id, "me"):
        renew_leases(services)
    assert redis.zscore(keys.OPEN_JOBS, job.id) > 0


def test_a_worker_with_a_stuck_job_ends_itself(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def exit_now(status: int) -> None:
        raise SystemExit(status)

    job = services.jobs.create([b"x"], BULK)
    services.jobs.claim(job.id, "me")
    monkeypatch.setattr(services.leases, "stuck", lambda: {job.id: "me"})
    monkeypatch.setattr(os, "_exit", exit_now)
    with pytest.raises(SystemExit) as ended:
        renew_leases(services)
    assert ended.value.code == EXIT_STUCK
    assert f"jobs {job.id} are stuck" in caplog.text
    failed = services.jobs.get(job.id)
    assert (failed.state, failed.attempts) == (JobState.FAILED, 1), "it is not tried a second time"
    assert failed.error is not None
    assert "MIEN_JOB_TIME_LIMIT_S" in failed.error.detail


def test_a_heartbeat_says_what_the_worker_runs(services: Services, redis: Redis) -> None:
    report_heartbeat(services)
    (worker,) = HeartbeatStore(redis).live_workers()
    assert (worker.name, worker.pid, worker.threads) == (services.name, os.getpid(), services.settings.worker_threads)
    assert (worker.detector, worker.model) == (services.analyzer.detector_name, services.analyzer.model_name)


def test_all_of_it_runs_while_the_worker_does_and_then_it_is_not_counted_any_more(
    services: Services, dispatcher: Dispatcher, redis: Redis, wait_for: WaitFor
) -> None:
    job_id = lost(services, redis)
    tasks = PeriodicTasks(services, dispatcher)
    tasks.start()
    heartbeats = HeartbeatStore(redis)
    wait_for(heartbeats.live_workers, "the heartbeat")
    wait_for(lambda: redis.llen(BULK), f"job {job_id} to be announced")
    tasks.stop()
    assert heartbeats.live_workers() == []


def test_a_worker_ends_although_its_broker_is_away(
    services: Services, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_: str) -> None:
        raise BrokerUnavailable("It does not answer.")

    monkeypatch.setattr(services.heartbeats, "remove", away)
    PeriodicTasks(services, dispatcher).stop()
    assert "until it is forgotten: It does not answer." in caplog.text


@pytest.mark.parametrize(
    ("error", "line"), [(BrokerUnavailable("Away."), "work: Away."), (ZeroDivisionError(), "work failed")]
)
def test_an_error_is_logged_and_the_next_call_comes(
    error: Exception, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    called_again = threading.Event()
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise error
        called_again.set()

    task = Periodic("work", 0.01, work)
    task.start()
    assert called_again.wait(30)
    task.stop()
    assert line in caplog.text


def test_stopping_waits_for_a_call_under_way_and_harms_nothing_that_never_began() -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        may_end.wait(30)
        ended.set()

    task = Periodic("work", 3_600, work)
    task.start()
    assert began.wait(30)
    may_end.set()
    task.stop()
    assert ended.is_set()
    Periodic("never", periodic.RECONCILE_EVERY_S, work).stop()
