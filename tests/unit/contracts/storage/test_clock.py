"""The shared time is the server's."""

import time

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.storage.clock import servers_clock
from contracts.storage.connections import connect


def test_it_is_the_servers_whatever_this_hosts_says(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: 5.0)
    assert servers_clock(redis)() == pytest.approx(before, abs=60), "of the same host, in this test"


def test_without_a_server_there_is_none() -> None:
    with pytest.raises(BrokerUnavailable):
        servers_clock(connect("redis://127.0.0.1:1/0", name="tests"))()
