"""What operators hold back, and what it does to claims, webhooks, admission and deaf workers."""

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.queues import BULK, INTERACTIVE, LIVE, WEBHOOKS
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.heartbeat import UNTAKEN_AFTER_S, HeartbeatStore
from contracts.storage.job_queue import JobQueue
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore, LivePause
from contracts.storage.load import read_load
from contracts.storage.webhooks import WebhookStore
from support.clocks import ManualClock
from support.factories import make_worker_report


def test_a_queue_is_paused_once_and_resumed_once(redis: Redis, clock: ManualClock) -> None:
    lanes = LaneStore(redis, clock)
    assert lanes.read() == ({}, {}, None)
    assert lanes.pause(BULK)
    since = clock.now
    clock.now += 5
    assert not lanes.pause(BULK)
    assert lanes.read().paused == {BULK: since}
    assert lanes.resume(BULK)
    assert not lanes.resume(BULK)
    assert lanes.read() == ({}, {BULK: clock.now}, None)


def test_jobs_are_refused_between_drain_and_accept(redis: Redis, clock: ManualClock) -> None:
    lanes = LaneStore(redis, clock)
    assert not read_load(redis, BULK).drained
    assert lanes.drain()
    assert not lanes.drain()
    assert (lanes.read().drained_at, read_load(redis, BULK).drained) == (clock.now, True)
    assert lanes.accept()
    assert not lanes.accept()
    assert not read_load(redis, BULK).drained


def test_a_job_that_was_admitted_before_the_drain_is_refused_when_it_is_stored(
    redis: Redis, settings: Settings
) -> None:
    jobs, lanes = JobStore(redis, settings), LaneStore(redis)
    before = jobs.create([b"before"], BULK)
    lanes.drain()
    with pytest.raises(Overloaded, match="No jobs are accepted") as refused:
        jobs.create([b"late", b"image"], BULK)
    assert refused.value.retry_after == 30
    assert jobs.open_count() == 1
    assert redis.keys("mien:job:*:images") == [keys.job_images(before.id).encode()]
    lanes.accept()
    jobs.create([b"again"], BULK)
    assert jobs.open_count() == 2


def test_of_a_paused_queue_nothing_is_claimed_and_of_others_all(redis: Redis, settings: Settings) -> None:
    jobs, lanes = JobStore(redis, settings), LaneStore(redis)
    queue = JobQueue(redis, jobs, settings)
    for name in (BULK, INTERACTIVE):
        jobs.create([b"image"], name)
    lanes.pause(BULK)
    assert queue.claim(BULK, "owner 1").jobs == ()
    assert len(queue.claim(INTERACTIVE, "owner 2").jobs) == 1
    jobs.create([b"another"], BULK)
    assert not queue.claim(BULK, "owner 3", single=True).jobs
    assert jobs.queue_depth(BULK) == 2
    lanes.resume(BULK)
    assert len(queue.claim(BULK, "owner 4").jobs) == 2


def test_who_asks_again_gets_what_was_claimed_before_the_pause(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    queue = JobQueue(redis, jobs, settings)
    jobs.create([b"image"], BULK)
    claimed = queue.claim(BULK, "owner")
    LaneStore(redis).pause(BULK)
    assert queue.claim(BULK, "owner").jobs[0].job.id == claimed.jobs[0].job.id


def test_a_worker_beside_a_paused_queue_is_not_deaf_nor_just_after(redis: Redis, clock: ManualClock) -> None:
    lanes, heartbeats = LaneStore(redis, clock), HeartbeatStore(redis, clock)
    redis.zadd(keys.queued(BULK), {"waits": clock.now - UNTAKEN_AFTER_S})

    def untaken() -> int:
        report = make_worker_report(reported_at=clock.now, queues="bulk", idle_s=1_000)
        return len(heartbeats.untaken([report]))

    assert untaken() == 1
    lanes.pause(BULK)
    assert untaken() == 0
    clock.now += 60
    lanes.resume(BULK)
    assert untaken() == 0
    clock.now += UNTAKEN_AFTER_S
    assert untaken() == 1


def test_paused_webhooks_stay_due(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    webhooks, lanes = WebhookStore(redis, settings, clock), LaneStore(redis, clock)
    redis.zadd(keys.WEBHOOKS_DUE, {"job 1": clock.now, "job 2": clock.now + 1})
    assert webhooks.take_due() == ["job 1"]
    lanes.pause(WEBHOOKS)
    clock.now += 5
    assert webhooks.take_due() == []
    assert not webhooks.begin("job 1"), "it was announced before the pause"
    lanes.resume(WEBHOOKS)
    clock.now += 60
    assert set(webhooks.take_due()) == {"job 1", "job 2"}
    assert webhooks.begin("job 1")


def test_a_worker_knows_within_two_seconds_that_live_is_paused(redis: Redis, clock: ManualClock) -> None:
    lanes, pause = LaneStore(redis, clock), LivePause(redis, clock)
    assert not pause.paused
    lanes.pause(LIVE)
    assert not pause.paused
    clock.now += 2
    assert pause.paused
    lanes.resume(LIVE)
    clock.now += 2
    assert not pause.paused


def test_while_redis_is_away_a_pause_stays_as_it_was(clock: ManualClock) -> None:
    away = connect("redis://127.0.0.1:1/0", name="tests")
    assert not LivePause(away, clock).paused
    with pytest.raises(BrokerUnavailable):
        LaneStore(away).read()
