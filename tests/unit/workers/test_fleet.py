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


def test_workers_that_take_many_images_of_a_queue_at_once_share_it_with_each_other(
    redis: Redis, clock: ManualClock
) -> None:
    heartbeats = HeartbeatStore(redis, clock)
    fleet = Fleet(heartbeats, own_threads=4)
    assert fleet.batching("bulk") == 1, "itself"
    for name, images, queues in (("a", 256, "bulk"), ("b", 64, "interactive,bulk"), ("c", 0, "bulk"), ("d", 4, "live")):
        report = make_worker_report(name, threads=4, batch_images=images, queues=queues, reported_at=clock.now)
        heartbeats.report(report)
    fleet.refresh()
    assert (fleet.batching("bulk"), fleet.batching("interactive"), fleet.threads) == (2, 1, 16)
