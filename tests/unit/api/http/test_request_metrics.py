"""Counts of requests, until they are in Redis."""

import pytest
from flask import Flask
from redis import Redis

from api.services import services_of
from contracts.storage.counters import CounterStore
from support.gateway import NO_SERVER


def test_counts_survive_a_broker_that_does_not_answer(app: Flask, redis: Redis) -> None:
    from contracts.errors import BrokerUnavailable
    from contracts.storage.connections import connect

    requests = services_of(app).request_metrics
    requests.add("GET", "/ping", 200, 0.1)
    with pytest.raises(BrokerUnavailable):
        requests.flush(CounterStore(connect(NO_SERVER, name="tests")))
    requests.flush(CounterStore(redis))
    assert CounterStore(redis).read()['mien_http_requests_total{method="GET",route="/ping",status="200"}'] == 1
