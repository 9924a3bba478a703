"""Counters that many processes add to, on a real server."""

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.metrics import IMAGES_ANALYZED, JOBS_FINISHED, metric_key
from contracts.storage.connections import connect
from contracts.storage.counters import CounterStore


def test_counters_add_up_over_processes(redis: Redis) -> None:
    one, other = CounterStore(redis), CounterStore(redis)
    by_state = metric_key(JOBS_FINISHED, state="failed")
    one.add({IMAGES_ANALYZED: 2, by_state: 1})
    other.add({IMAGES_ANALYZED: 0.5})
    assert one.read() == {IMAGES_ANALYZED: 2.5, by_state: 1}


def test_without_any_there_is_nothing_to_read_and_nothing_to_add(redis: Redis) -> None:
    counters = CounterStore(redis)
    counters.add({})
    assert counters.read() == {}


def test_a_server_out_of_reach_is_a_typed_error() -> None:
    counters = CounterStore(connect("redis://127.0.0.1:1/0", name="tests"))
    for use in (counters.read, lambda: counters.add({IMAGES_ANALYZED: 1})):
        with pytest.raises(BrokerUnavailable):
            use()
