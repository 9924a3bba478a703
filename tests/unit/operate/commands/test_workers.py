"""`mien workers` lists who is alive."""

import json
from collections.abc import Callable

from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.factories import make_worker_report

Mien = Callable[..., tuple[int, str]]


def test_it_lists_who_is_alive_and_who_takes_nothing(mien: Mien, redis: Redis, settings: Settings) -> None:
    heartbeats = HeartbeatStore(redis)
    job = JobStore(redis, settings).create([b"image"], BULK)
    redis.zadd(keys.queued(BULK), {job.id: heartbeats.now() - 60})
    heartbeats.report(make_worker_report("busy", queues="bulk"))
    heartbeats.report(make_worker_report("deaf", queues="bulk", idle_s=60.0))
    status, printed = mien("workers", "--json")
    found = {one["name"]: one for one in json.loads(printed)}
    assert (status, list(found)) == (0, ["busy", "deaf"])
    assert (found["busy"]["takes_nothing_from"], found["deaf"]["takes_nothing_from"]) == (None, "bulk")
    lines = mien("workers")[1].splitlines()
    assert lines[1].split()[-1] == "working"
    assert lines[2].endswith("takes nothing from bulk")


def test_it_names_what_each_computes_on(mien: Mien, redis: Redis) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("a", runtime="keras", backend="jax", device="GPU 1: NVIDIA L4"))
    heartbeats.report(make_worker_report("b"))
    lines = mien("workers")[1].splitlines()
    assert "lite, jax" in lines[1]
    assert "GPU 1: NVIDIA L4" in lines[1]
    assert "lite, litert  CPU" in lines[2]


def test_it_names_queues_that_nobody_takes(mien: Mien, redis: Redis) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("one", queues="interactive,live,bulk"))
    assert "Nobody takes from webhooks; " in mien("workers")[1]
    heartbeats.report(make_worker_report("two", queues="webhooks"))
    assert "Nobody takes" not in mien("workers")[1]
