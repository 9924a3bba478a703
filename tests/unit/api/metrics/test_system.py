"""The whole system, read part by part."""

import logging

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.metrics.system import SystemMetrics
from contracts.errors import BrokerUnavailable
from contracts.storage.connections import connect, translate_errors
from contracts.storage.heartbeat import HeartbeatStore
from support.clocks import ManualClock
from support.factories import make_worker_report
from support.gateway import NO_SERVER
from support.replica import demoted


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
    redis: Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = list[str]()

    def hangs(queue: str) -> float:
        asked.append(queue)
        with translate_errors():
            raise RedisTimeoutError("Timeout reading from socket")

    frames = connect(redis_url, name="tests")
    system = SystemMetrics(redis, frames, hangs)
    with caplog.at_level(logging.WARNING):
        families = {family.name: family for family in system.collect() if family.samples}
    up = {sample.labels["server"]: sample.value for sample in families["mien_redis_up"].samples}
    assert up == {"broker": 0, "frames": 1}
    assert "mien_queue_depth" in families, "what was read before is told"
    assert "mien_workers" not in families, "which would have taken as long again"
    assert "mien_events_kept" in families, "of the other server"
    assert len(asked) == 1
    assert "Redis (broker) stopped answering" in caplog.text
    frames.close()
