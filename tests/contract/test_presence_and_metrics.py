"""Workers that are alive, and counters that many processes add to."""

from typing import Any

from redis import Redis

from contracts.metrics import HELP, IMAGES_ANALYZED, metric_key
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import FORGOTTEN_AFTER_S, REPORT_EVERY_S, HeartbeatStore, WorkerReport


def worker(name: str) -> WorkerReport:
    return WorkerReport(
        name=name, pid=1, host="h", threads=2, detector="d", model="m", runtime="litert", started_at=1, reported_at=2
    )


def test_workers_are_listed_until_they_retire_or_fall_silent(redis: Redis, clock: Any) -> None:
    store = HeartbeatStore(redis, clock)
    store.report(worker("b"))
    store.report(worker("a"))
    clock.now = 3
    assert store.live_workers() == [worker("a"), worker("b")]
    assert FORGOTTEN_AFTER_S > 3 * REPORT_EVERY_S
    store.remove("a")
    assert store.live_workers() == [worker("b")]
    clock.now = 3 + FORGOTTEN_AFTER_S
    assert store.live_workers() == []
    assert redis.hlen(keys.WORKERS) == 0


def test_counters_add_up_over_processes(redis: Redis) -> None:
    one, other = CounterStore(redis), CounterStore(redis)
    by_state = metric_key("mien_jobs_finished_total", state="failed")
    one.add({IMAGES_ANALYZED: 2, by_state: 1})
    other.add({IMAGES_ANALYZED: 0.5})
    assert one.read() == {IMAGES_ANALYZED: 2.5, by_state: 1}
    assert by_state == 'mien_jobs_finished_total{state="failed"}'
    assert all(name.endswith("_total") for name in HELP)
