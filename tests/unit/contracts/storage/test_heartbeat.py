"""Workers that are alive, as each says of itself."""

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.heartbeat import FORGOTTEN_AFTER_S, REPORT_EVERY_S, HeartbeatStore
from support.clocks import ManualClock
from support.factories import make_worker_report


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


def test_a_worker_that_reports_again_stays(redis: Redis, clock: ManualClock) -> None:
    store = HeartbeatStore(redis, clock)
    for _ in range(5):
        clock.now += FORGOTTEN_AFTER_S - 1
        store.report(make_worker_report(reported_at=clock.now))
        assert [worker.reported_at for worker in store.live_workers()] == [clock.now]


def test_a_server_out_of_reach_is_a_typed_error() -> None:
    with pytest.raises(BrokerUnavailable):
        HeartbeatStore(connect("redis://127.0.0.1:1/0", name="tests")).live_workers()
