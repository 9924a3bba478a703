"""The whole system, read part by part."""

import logging

import pytest
from redis import Redis

from api.metrics.system import SystemMetrics
from contracts.errors import BrokerUnavailable
from contracts.storage.connections import connect
from support.gateway import NO_SERVER


def names(system: SystemMetrics) -> set[str]:
    return {family.name for family in system.collect() if family.samples}


def test_a_frame_server_that_is_away_costs_what_it_knows_alone(redis: Redis) -> None:
    whole, partly = (
        SystemMetrics(redis, frames, lambda queue: 1.5) for frames in (redis, connect(NO_SERVER, name="tests"))
    )
    assert names(whole) - names(partly) == {"mien_events_kept"}
    up = next(family for family in partly.collect() if family.name == "mien_redis_up")
    assert {sample.labels["server"]: sample.value for sample in up.samples} == {"broker": 1, "frames": 0}


def test_what_goes_away_meanwhile_leaves_the_rest(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    def gone(queue: str) -> float:
        raise BrokerUnavailable("It has gone.")

    with caplog.at_level(logging.WARNING):
        found = names(SystemMetrics(redis, redis, gone))
    assert "mien_workers" in found
    assert "mien_queue_predicted_wait_seconds" not in found
    assert "It has gone." in caplog.text
