"""Work beside the tasks: lost jobs put back, leases renewed, a stuck worker ended, heartbeats."""

import os
import threading
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobOptions, JobState
from contracts.metrics import JOBS_RETRIED, WAKEUPS_SENT
from contracts.queues import BULK, WEBHOOKS
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.dispatch import Dispatcher
from contracts.storage.gauges import BrokerGauges
from contracts.storage.heartbeat import REPORT_EVERY_S, UNTAKEN_AFTER_S, HeartbeatStore
from contracts.storage.job_steps import Claim
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock, WaitFor
from support.counting import counted
from workers import periodic
from workers.attention import Attention
from workers.periodic import EXIT_STUCK, Periodic, PeriodicTasks, Reconciler, renew_leases, report_heartbeat
from workers.services import Services


def orphaned(services: Services, redis: Redis) -> str:
    """The id of a job whose worker died, and which the reconciler is to look at now."""
    job = services.jobs.create([b"x"], BULK)
    assert services.jobs.claim(job.id, "dead") is Claim.CLAIMED
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})
    redis.delete(BULK)
    return job.id


def test_a_dead_workers_job_is_put_back_and_counted(
    services: Services, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = orphaned(services, redis)
    assert Reconciler(services).run() == 1
    assert redis.zrange(keys.queued(BULK), 0, -1) == [job_id.encode()]
    assert redis.llen(BULK) == 1
    assert counted(services) == {JOBS_RETRIED: 1, WAKEUPS_SENT: 1}
    assert f"job {job_id} is put back" in caplog.text


def test_a_dead_workers_job_is_put_back_while_redis_is_full(services: Services, redis: Redis) -> None:
    orphaned(services, redis)
    redis.config_set("maxmemory", 1)
    try:
        assert Reconciler(services).run() == 1
    finally:
        redis.config_set("maxmemory", 0)


def test_two_reconcilers_put_it_back_once(services: Services, redis: Redis) -> None:
    orphaned(services, redis)
    assert [Reconciler(services).run() for _ in range(2)] == [1, 0]
    assert redis.llen(BULK) == 1


def test_a_message_that_was_lost_is_sent_again(services: Services, redis: Redis) -> None:
    services.jobs.create([b"x"], BULK)
    assert Reconciler(services).run() == 0
    assert redis.llen(BULK) == 1
    redis.delete(BULK)
    assert Reconciler(services).run() == 0, "no job was lost"
    assert redis.llen(BULK) == 1
    assert counted(services) == {WAKEUPS_SENT: 1}


def test_without_jobs_there_is_nothing_to_do(services: Services, redis: Redis) -> None:
    assert Reconciler(services).run() == 0
    assert redis.llen(BULK) == 0


def test_a_dead_workers_job_can_be_claimed(services: Services, redis: Redis, settings: Settings) -> None:
    job_id = orphaned(services, redis)
    assert Reconciler(services).run() == 1
    assert JobStore(redis, settings).claim(job_id, "alive", isolated=True) is Claim.CLAIMED


def test_after_an_outage_jobs_are_left_to_their_owners_for_a_lease_and_messages_are_sent(
    services: Services, redis: Redis, clock: ManualClock
) -> None:
    job_id, reconciler = orphaned(services, redis), Reconciler(services, clock)
    services.jobs.create([b"x"], BULK)
    redis.set(keys.ANNOTATED_UNTIL, "no zset")
    with pytest.raises(BrokerUnavailable):
        reconciler.run()
    redis.delete(keys.ANNOTATED_UNTIL, BULK)
    assert reconciler.run() == 0
    assert redis.llen(BULK) == 1
    assert services.jobs.get(job_id).state is JobState.RUNNING
    clock.now += services.settings.lease_s + 1
    assert reconciler.run() == 1


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
    assert (worker.queues, worker.idle_s) == (services.settings.worker_queues, pytest.approx(0, abs=60))
    assert worker.job_version == services.jobs.create([b"x"], BULK, options=JobOptions(blur=True)).version
    assert (worker.detector, worker.model) == (services.analyzer.detector_name, services.analyzer.model_name)


def test_a_worker_that_cannot_report_was_given_no_work_either_and_is_not_deaf(
    services: Services, redis: Redis, clock: ManualClock
) -> None:
    object.__setattr__(services, "attention", Attention(1, clock))
    redis.set(keys.WORKERS, "no hash")
    for _ in range(10):
        clock.now += REPORT_EVERY_S
        with pytest.raises(BrokerUnavailable):
            report_heartbeat(services)
    redis.delete(keys.WORKERS)
    clock.now += REPORT_EVERY_S
    report_heartbeat(services)
    (worker,) = HeartbeatStore(redis).live_workers()
    assert worker.idle_s == REPORT_EVERY_S < UNTAKEN_AFTER_S


def test_all_of_it_runs_while_the_worker_does_and_then_it_is_not_counted_any_more(
    services: Services, dispatcher: Dispatcher, redis: Redis, wait_for: WaitFor
) -> None:
    job_id = orphaned(services, redis)
    tasks, at_connections = PeriodicTasks(services, dispatcher), list[Callable[[], None]]()
    tasks.start(lambda: None, at_connections.append)
    assert at_connections == [services.attention.begin], "nothing was given before"
    heartbeats = HeartbeatStore(redis)
    wait_for(heartbeats.live_workers, "the heartbeat")
    wait_for(lambda: redis.zcard(keys.queued(BULK)), f"job {job_id} to be put back")
    tasks.stop()
    assert heartbeats.live_workers() == []


def run_all_once(services: Services, dispatcher: Dispatcher, queues: str) -> None:
    """What a worker of these queues does beside its tasks, each at least once: what has begun is ended after a call."""
    object.__setattr__(services, "settings", services.settings.model_copy(update={"worker_queues": queues}))
    tasks = PeriodicTasks(services, dispatcher)
    tasks.start(lambda: None, lambda _: None)
    tasks.stop()


def test_only_who_takes_webhooks_announces_them_and_none_twice_before_it_is_taken(
    services: Services, dispatcher: Dispatcher, redis: Redis
) -> None:
    job = services.jobs.create([b"x"], BULK, options=JobOptions(webhook="https://example.com/hook"))
    services.jobs.cancel(job.id)
    run_all_once(services, dispatcher, "interactive,live,bulk")
    assert redis.llen(WEBHOOKS) == 0, "nobody takes it"
    for _ in range(3):
        run_all_once(services, dispatcher, "live,webhooks")
        redis.zincrby(keys.WEBHOOKS_DUE, -3_600, job.id)  # as after an hour
        assert redis.llen(WEBHOOKS) == 1


def test_webhooks_are_late_until_somebody_announces_them_and_again_where_no_announcement_is_taken(
    services: Services, dispatcher: Dispatcher, redis: Redis
) -> None:
    job = services.jobs.create([b"x"], BULK, options=JobOptions(webhook="https://example.com/hook"))
    services.jobs.cancel(job.id)
    late = []
    for queues in ("interactive,live,bulk", "interactive,live,bulk", "webhooks", "webhooks", "webhooks"):
        redis.zincrby(keys.WEBHOOKS_DUE, -1_000, job.id)  # as if so many seconds had gone by
        run_all_once(services, dispatcher, queues)
        late.append(BrokerGauges(redis).work().webhooks_late_s)
    assert 1_000 <= late[0] < 2_000 <= late[1], "nobody is there who would send it"
    assert late[2] == 0, "it is announced"
    assert 0 < late[3] < late[4], "and is not taken"


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


def test_an_outage_is_told_in_one_line_until_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = iter([True, True, True, False, True, True])
    ended = threading.Event()

    def work() -> None:
        away = next(outcomes, None)
        if away is None:
            ended.set()
        if away:
            raise BrokerUnavailable("Away.")

    with Periodic("work", 0.01, work):
        assert ended.wait(30)
    assert caplog.text.count("work: Away.") == 2


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
