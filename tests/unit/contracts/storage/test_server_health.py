"""What a server says of itself."""

import time

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from contracts.errors import BrokerUnavailable
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.server_health import api_keys, read_health


def test_a_server_tells_what_it_is(redis: Redis) -> None:
    health = read_health(redis)
    assert health.name == "valkey"
    assert health.version >= (7, 2)
    assert (health.primary, health.append_only, health.write_ok, health.policy) == (True, False, True, "noeviction")
    assert 0 < health.latency_s < 5
    assert abs(health.ahead_s) < 5
    assert health.folder is not None
    assert health.folder.is_dir()


def test_a_clock_that_is_ahead_is_measured(redis: Redis) -> None:
    assert read_health(redis, lambda: time.time() + 100).ahead_s == pytest.approx(100, abs=5)


def test_a_server_that_is_managed_by_others_tells_no_folder(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise ResponseError("unknown command 'CONFIG'")

    monkeypatch.setattr(redis, "config_get", refused)
    assert read_health(redis).folder is None


def test_one_that_is_away_is_an_error() -> None:
    with pytest.raises(BrokerUnavailable):
        read_health(connect("redis://127.0.0.1:1/0", name="tests"))


def test_keys_are_counted(redis: Redis) -> None:
    redis.hset(keys.API_KEYS, mapping={"a": "x", "b": "y"})
    assert api_keys(redis) == 2
