"""How many threads share a queue."""

from redis import Redis

from contracts.storage.heartbeat import HeartbeatStore
from support.clocks import ManualClock
from support.factories import make_worker_report
from workers.fleet import Fleet


def test_all_live_workers_that_analyse_count(redis: Redis, clock: ManualClock) -> None:
    heartbeats = HeartbeatStore(redis, clock)
    fleet = Fleet(heartbeats, own_threads=3)
    assert fleet.threads == 3
    for name, threads, queues in (("a", 3, "live"), ("b", 4, ""), ("c", 8, "webhooks")):
        heartbeats.report(make_worker_report(name, threads=threads, queues=queues, reported_at=clock.now))
    fleet.refresh()
    assert fleet.threads == 7
    clock.now += 60
    fleet.refresh()
    assert fleet.threads == 3, "itself it knows"
