"""Queues as an operator sees them."""

import pytest
from redis import Redis

from contracts.metrics import IMAGES_ANALYZED, STAGE_SECONDS, metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.job_queue import JobQueue
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.queue_states import read_queues
from support.factories import make_worker_report


def test_what_waits_runs_and_is_paused_is_told_apart(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    for _ in range(2):
        jobs.create([b"x", b"y"], BULK)
    jobs.create([b"x"], INTERACTIVE)
    JobQueue(redis, jobs, settings).claim(INTERACTIVE, "owner")
    redis.zadd(keys.OPEN_JOBS, {"damaged": 0})
    redis.set(keys.job("damaged"), "no record")
    LaneStore(redis).pause(BULK)
    states = read_queues(redis, settings)
    found = {state.queue: state for state in states.queues}
    assert (found[BULK].waiting, found[BULK].running) == (2, 0)
    assert (found[INTERACTIVE].waiting, found[INTERACTIVE].running) == (0, 1)
    assert found[BULK].paused_s is not None
    assert found[INTERACTIVE].paused_s is None
    assert (states.drained_s, states.left) == (None, 2), "the one that runs, and the damaged one"


def test_the_wait_follows_from_what_images_have_cost_and_who_is_there(redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"x"] * 6, BULK)
    wait_s = lambda: {state.queue: state.wait_s for state in read_queues(redis, settings).queues}[BULK]  # noqa: E731
    assert wait_s() is None, "there is no worker"
    HeartbeatStore(redis).report(make_worker_report(threads=3))
    assert wait_s() == pytest.approx(6 * 0.025 / 3)
    CounterStore(redis).add(
        {
            metric_key(STAGE_SECONDS, stage="detect"): 5.0,
            metric_key(STAGE_SECONDS, stage="draw"): 99.0,
            IMAGES_ANALYZED: 10.0,
        }
    )
    assert wait_s() == pytest.approx(6 * 0.5 / 3)
