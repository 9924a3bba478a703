"""The whole system, read part by part."""

import logging
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.metrics.system import SystemMetrics
from contracts.errors import BrokerUnavailable
from contracts.queues import JOB_QUEUES
from contracts.storage.connections import connect, translate_errors
from contracts.storage.heartbeat import HeartbeatStore
from support.clocks import ManualClock
from support.factories import make_worker_report
from support.gateway import NO_SERVER
from support.replica import demoted
from support.sentinels import Server


def names(system: SystemMetrics) -> set[str]:
    return {family.name for family in system.collect() if family.samples}


def test_a_frame_server_that_is_away_costs_what_it_knows_alone(redis: Redis) -> None:
    whole, partly = (
        SystemMetrics(redis, frames, lambda queue: 1.5) for frames in (redis, connect(NO_SERVER, name="tests"))
    )
    assert names(whole) - names(partly) == {"mien_events_kept"}
    up = next(family for family in partly.collect() if family.name == "mien_redis_up")
    assert {sample.labels["server"]: sample.value for sample in up.samples} == {"broker": 1, "frames": 0}


def test_what_cannot_be_read_leaves_the_rest(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    def refused(queue: str) -> float:
        raise BrokerUnavailable("It was refused.")

    with caplog.at_level(logging.WARNING):
        found = names(SystemMetrics(redis, redis, refused))
    assert "mien_workers" in found
    assert "mien_queue_predicted_wait_seconds" not in found
    assert "It was refused." in caplog.text


def test_a_replica_answers_and_what_it_would_have_to_write_costs_its_part_alone(redis: Redis) -> None:
    HeartbeatStore(redis, ManualClock()).report(make_worker_report("silent since 1970"))

    def writes(queue: str) -> float:
        with translate_errors():
            return float(redis.incr(queue))

    with demoted(redis):
        families = {family.name: family for family in SystemMetrics(redis, redis, writes).collect() if family.samples}
    told = {name: [sample.value for sample in family.samples] for name, family in families.items()}
    assert (told["mien_redis_up"], told["mien_redis_primary"]) == ([1], [0])
    assert told["mien_workers"] == [0]
    assert "mien_events_kept" in told
    assert "mien_queue_predicted_wait_seconds" not in told


def test_a_server_that_hangs_meanwhile_is_asked_no_more_and_does_not_count_as_up(
    tmp_path: Path, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    server, asked = Server(tmp_path, {}), list[str]()
    server.start()
    broker = connect(f"redis://127.0.0.1:{server.port}/0", name="tests", answer_s=0.5)

    def hangs(queue: str) -> float:
        asked.append(queue)
        server.freeze()
        with translate_errors():
            return float(broker.incr(queue))

    system, began = SystemMetrics(broker, redis, hangs), time.monotonic()
    try:
        with caplog.at_level(logging.WARNING):
            families = {family.name: family for family in system.collect() if family.samples}
        assert time.monotonic() - began < 4 * 0.5, "a part and a last question take two answers"
    finally:
        server.thaw()
        server.kill()
    up = {sample.labels["server"]: sample.value for sample in families["mien_redis_up"].samples}
    assert up == {"broker": 0, "frames": 1}
    assert "mien_queue_depth" in families, "what was read before is told"
    assert "mien_workers" not in families, "which would have taken as long again"
    assert "mien_events_kept" in families, "of the other server"
    assert len(asked) == 1
    assert "Redis (broker) stopped answering" in caplog.text
    broker.close()


def told_of(system: SystemMetrics) -> tuple[float, set[str]]:
    """Whether the broker is up, and what else is there."""
    families = {family.name: family for family in system.collect() if family.samples}
    return families["mien_redis_up"].samples[0].value, set(families)


@pytest.mark.parametrize("slow", [1, 2])
def test_a_part_that_takes_too_long_is_missing_and_the_server_is_up(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, slow: int
) -> None:
    asked = list[str]()

    def takes_long(*name: str) -> Any:
        asked.append(*name or ["workers"])
        with translate_errors():
            raise RedisTimeoutError("Timeout reading from socket")

    system = SystemMetrics(redis, redis, takes_long)
    if slow == 2:
        monkeypatch.setattr(system._heartbeats, "live_workers", takes_long)
    up, found = told_of(system)
    assert up == 1
    assert {"mien_redis_clients", "mien_queue_depth"} <= found
    assert "mien_queue_predicted_wait_seconds" not in found
    assert ("mien_workers" in found) == ("mien_events_kept" in found) == (slow == 1), "a scrape has time for two"
    assert len(asked) == slow


def test_a_server_is_up_although_others_have_all_connections_of_the_client(redis_url: str) -> None:
    crowded = connect(redis_url, name="tests", max_connections=1, connection_s=0.01)
    with ExitStack() as taken:

        def takes(queue: str) -> float:
            """As others do in the middle of a scrape."""
            if queue == JOB_QUEUES[0]:
                pool = crowded.connection_pool
                taken.callback(pool.release, pool.get_connection())
            return 1.5

        up, found = told_of(SystemMetrics(crowded, crowded, takes))
        assert (up, "mien_queue_depth" in found, "mien_workers" in found) == (1, True, False)
        up, found = told_of(SystemMetrics(crowded, crowded, takes))
        assert (up, "mien_redis_clients" in found) == (1, False), "from the beginning"
    assert told_of(SystemMetrics(crowded, crowded, lambda queue: 1.5))[0] == 1
    crowded.close()
