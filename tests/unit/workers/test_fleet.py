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


def test_workers_that_take_many_images_at_once_share_with_each_other(redis: Redis, clock: ManualClock) -> None:
    heartbeats = HeartbeatStore(redis, clock)
    fleet = Fleet(heartbeats, own_threads=4)
    assert fleet.batching == 1, "itself"
    for name, images in (("a", 256), ("b", 64), ("c", 0)):
        heartbeats.report(make_worker_report(name, threads=4, batch_images=images, reported_at=clock.now))
    fleet.refresh()
    assert (fleet.batching, fleet.threads) == (2, 12)
