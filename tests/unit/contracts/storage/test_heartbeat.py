"""Workers that are alive, as each says of itself."""

import json
import time
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from contracts.errors import BrokerUnavailable
from contracts.queues import BULK, INTERACTIVE
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.heartbeat import (
    FORGOTTEN_AFTER_S,
    REPORT_EVERY_S,
    UNTAKEN_AFTER_S,
    HeartbeatStore,
    Untaken,
)
from support.clocks import ManualClock
from support.factories import make_worker_report
from support.replica import demoted


def test_workers_are_listed_until_they_retire_or_fall_silent(redis: Redis, clock: ManualClock) -> None:
    store = HeartbeatStore(redis, clock)
    a, b = (make_worker_report(name, reported_at=clock.now) for name in "ab")
    store.report(b)
    store.report(a)
    clock.now += 1
    assert store.live_workers() == [a, b]
    assert FORGOTTEN_AFTER_S > 3 * REPORT_EVERY_S
    store.remove("a")
    assert store.live_workers() == [b]
    clock.now += FORGOTTEN_AFTER_S
    assert store.live_workers() == []
    assert redis.hlen(keys.WORKERS) == 0


def test_silent_workers_are_passed_over_where_they_cannot_be_removed(
    redis: Redis, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ResponseError("MISCONF no space left")

    store = HeartbeatStore(redis, clock)
    store.report(make_worker_report("a", reported_at=clock.now))
    clock.now += FORGOTTEN_AFTER_S + 1
    monkeypatch.setattr(redis, "hdel", refuse)
    assert store.live_workers() == []


def test_silent_workers_are_passed_over_on_a_replica(redis: Redis, clock: ManualClock) -> None:
    store = HeartbeatStore(redis, clock)
    store.report(make_worker_report("silent", reported_at=clock.now))
    clock.now += FORGOTTEN_AFTER_S + 1
    store.report(live := make_worker_report("live", reported_at=clock.now))
    with demoted(redis):
        assert store.live_workers() == [live]
        assert redis.hlen(keys.WORKERS) == 2, "it takes no writes"
    assert store.live_workers() == [live]
    assert redis.hlen(keys.WORKERS) == 1


def test_work_is_untaken_when_it_has_waited_and_the_worker_been_idle_for_long_enough(
    redis: Redis, clock: ManualClock
) -> None:
    store, long = HeartbeatStore(redis, clock), UNTAKEN_AFTER_S
    accepted = clock.now - long
    redis.zadd(keys.queued(BULK), {"begun before, for a process of its own": accepted - 1e11, "waits": accepted})
    redis.zadd(keys.queued(INTERACTIVE), {"of this moment": clock.now})

    def untaken(**changes: Any) -> list[Untaken]:
        told = {"reported_at": clock.now, "queues": "interactive,bulk", "idle_s": long}
        return store.untaken([make_worker_report(**told | changes)])

    assert untaken() == [Untaken(BULK, "worker-1")]
    assert untaken(idle_s=long - 1) == []
    assert untaken(reported_at=clock.now - 1) == [], "it may have been given the job since"
    assert untaken(queues="interactive,live") == []
    assert untaken(queues="") == [], "of an older version"
    redis.zrem(keys.queued(BULK), "waits")
    assert untaken() == []


def test_a_job_of_a_newer_version_waits_for_a_worker_that_takes_it(redis: Redis, clock: ManualClock) -> None:
    store, accepted = HeartbeatStore(redis, clock), clock.now - 2 * UNTAKEN_AFTER_S
    for job_id in (newer := [f"newer-{number}" for number in range(3)]):
        redis.hset(keys.job(job_id), "version", 2)
    redis.zadd(keys.queued(BULK), dict.fromkeys(newer, accepted))
    told = {"reported_at": clock.now, "queues": BULK, "idle_s": UNTAKEN_AFTER_S}
    old, new = make_worker_report("old", **told), make_worker_report("new", **told, job_version=2)
    assert store.untaken([old]) == []
    assert store.untaken([old, new]) == [Untaken(BULK, "new")]
    redis.hset(keys.job("behind them"), "version", 1)
    redis.zadd(keys.queued(BULK), {"behind them": accepted + 1})
    assert store.untaken([old]) == [Untaken(BULK, "old")]
    redis.delete(keys.queued(BULK))
    redis.set(keys.job("no record"), "of a wrong type")
    redis.zadd(keys.queued(BULK), {"no record": accepted})
    assert store.untaken([old]) == [Untaken(BULK, "old")], "any worker clears it away"


def test_what_is_untaken_is_told_by_a_server_that_takes_no_writes(redis: Redis, clock: ManualClock) -> None:
    redis.zadd(keys.queued(BULK), {"waits": clock.now - UNTAKEN_AFTER_S})
    worker = make_worker_report(reported_at=clock.now, queues=BULK, idle_s=UNTAKEN_AFTER_S)
    redis.config_set("min-replicas-to-write", 1)
    try:
        assert HeartbeatStore(redis, clock).untaken([worker]) == [Untaken(BULK, worker.name)]
    finally:
        redis.config_set("min-replicas-to-write", 0)


def test_a_worker_that_reports_again_stays(redis: Redis, clock: ManualClock) -> None:
    store = HeartbeatStore(redis, clock)
    for _ in range(5):
        clock.now += FORGOTTEN_AFTER_S - 1
        store.report(make_worker_report(reported_at=clock.now))
        assert [worker.reported_at for worker in store.live_workers()] == [clock.now]


def test_a_worker_of_another_version_is_counted_if_it_can_be_read_and_told_once_if_not(
    redis: Redis, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store, known = HeartbeatStore(redis, clock), make_worker_report("known")
    store.report(known)
    newer = known.model_dump() | {"name": "newer", "added": {"by": "a newer version"}}
    redis.hset(keys.WORKERS, mapping={"newer": json.dumps(newer), "other": '{"threads": "many"}', "broken": b"\xff"})
    for _ in range(2):
        assert [worker.name for worker in store.live_workers()] == ["known", "newer"]
    assert [record.getMessage().partition(" is of")[0] for record in caplog.records] == [
        "a worker is not counted: The report of worker other",
        "a worker is not counted: The report of worker broken",
    ]


@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_worker_counts_whatever_the_clock_of_its_host_says(redis: Redis, ahead_s: float) -> None:
    store = HeartbeatStore(redis)
    store.report(make_worker_report(reported_at=time.time() + ahead_s))
    (worker,) = store.live_workers()
    seconds, _ = redis.time()
    assert seconds - worker.reported_at < FORGOTTEN_AFTER_S


def test_a_server_out_of_reach_is_a_typed_error() -> None:
    with pytest.raises(BrokerUnavailable):
        HeartbeatStore(connect("redis://127.0.0.1:1/0", name="tests")).live_workers()


def test_the_oldest_job_of_each_queue_is_told_in_seconds(redis: Redis, clock: ManualClock) -> None:
    redis.zadd(keys.queued(BULK), {"older": clock.now - 40, "newer": clock.now - 5, "for a process of its own": -1})
    assert HeartbeatStore(redis, clock).oldest_s() == {BULK: 40}


def test_a_worker_is_missed_in_no_queue_that_it_passes_over(redis: Redis, clock: ManualClock) -> None:
    redis.zadd(keys.queued(BULK), {"waits": clock.now - UNTAKEN_AFTER_S})
    redis.zadd(keys.queued(INTERACTIVE), {"waits, too": clock.now - UNTAKEN_AFTER_S})
    worker = make_worker_report(
        reported_at=clock.now, queues=f"{INTERACTIVE},{BULK}", idle_s=UNTAKEN_AFTER_S, passes_over=[BULK]
    )
    assert HeartbeatStore(redis, clock).untaken([worker]) == [Untaken(INTERACTIVE, worker.name)]
