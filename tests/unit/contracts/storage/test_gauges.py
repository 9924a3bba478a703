"""How the system is at a moment, read of a real server."""

import time

import pytest
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.gauges import BrokerGauges, FrameGauges, read_server
from contracts.storage.jobs import JobStore


def test_an_empty_server_has_nothing_waiting(redis: Redis) -> None:
    work = BrokerGauges(redis).work()
    assert set(work.depths.values()) == set(work.oldest_s.values()) == {0}
    assert (work.open_jobs, work.open_bytes, work.webhooks_waiting, work.webhooks_late_s) == (0, 0, 0, 0)
    assert FrameGauges(redis).cameras() == {}


def test_jobs_webhooks_and_messages_are_counted(redis: Redis, settings: Settings) -> None:
    store = JobStore(redis, settings)
    store.create([b"12345", b"678"], "bulk", sender="somebody")
    redis.rpush("live", "a message")
    redis.zadd(keys.WEBHOOKS_DUE, {"one": time.time() - 60, "other": time.time() + 60})
    redis.hset(keys.WEBHOOKS_DEAD, "job", "{}")
    work = BrokerGauges(redis).work()
    assert (work.open_images, work.drained) == ({"interactive": 0, "bulk": 2}, False)
    redis.hset(keys.LANES, mapping={"live": 1, "drained": 2})
    held = BrokerGauges(redis).work()
    assert ([queue for queue, paused in held.paused.items() if paused], held.drained) == (["live"], True)
    assert work.depths == {"interactive": 0, "live": 1, "webhooks": 0, "bulk": 1}
    assert (work.open_jobs, work.open_bytes, work.waiting_images["bulk"]) == (1, 8, 2)
    assert (work.webhooks_waiting, work.webhooks_dead) == (2, 1)
    assert work.webhooks_late_s == pytest.approx(60, abs=20)


def test_a_server_that_takes_no_writes_is_read_all_the_same(redis: Redis, settings: Settings) -> None:
    told = CameraStatus(name="hall", kind="rtsp", state="live", since=1, fps=15)
    CameraStatuses(redis).put(told)
    redis.zadd(keys.CAMERAS, {"hall": time.time() - 5, "of yesterday": time.time() - 80_000})
    limit = redis.config_get("maxmemory")["maxmemory"]
    redis.config_set("maxmemory", 1)
    try:
        assert BrokerGauges(redis).work().open_jobs == 0
        (name, camera), *others = FrameGauges(redis).cameras().items()
        full = read_server(redis)
    finally:
        redis.config_set("maxmemory", limit)
    assert (name, others, camera.status and camera.status.state) == ("hall", [], "live")
    assert camera.age_s == pytest.approx(5, abs=20)
    assert full.limit_bytes == 1 < full.used_bytes
    assert (full.primary, full.write_ok, full.evicted_keys) == (True, True, 0)
    assert read_server(redis).commands > full.commands


def test_a_server_that_is_away_is_an_error_of_ours() -> None:
    with pytest.raises(BrokerUnavailable):
        read_server(connect("redis://127.0.0.1:1/0", name="tests"))
