"""Redis servers, sound and otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.room import Room
from contracts.storage.server_health import ServerHealth
from operate.doctor import servers
from operate.doctor.finding import Finding, Level

SOUND = ServerHealth(
    name="redis",
    version=(8, 0),
    shown_version="8.0.1",
    primary=True,
    primary_link=True,
    replicas=0,
    append_only=True,
    write_ok=True,
    rewrite_ok=True,
    policy="noeviction",
    room=Room(100, 1_000_000_000, writes=True),
    clients=3,
    latency_s=0.0002,
    ahead_s=0.01,
    folder=None,
)


def worst(findings: Iterator[Finding]) -> dict[str, Level]:
    """Check → the worst of its levels."""
    order, found = list(Level), dict[str, Level]()
    for finding in findings:
        found[finding.check] = max(found.get(finding.check, Level.OK), finding.level, key=order.index)
        assert bool(finding.do) == (finding.level is not Level.OK), finding
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"version": (6, 2)}, {"redis": Level.PROBLEM}),
        ({"version": (7, 0)}, {"redis": Level.WARNING}),
        ({"primary": False}, {"redis": Level.PROBLEM}),
        ({"latency_s": 0.01}, {"redis": Level.WARNING}),
        ({"latency_s": 0.2}, {"redis": Level.PROBLEM}),
        ({"append_only": False}, {"persistence": Level.PROBLEM}),
        ({"write_ok": False}, {"persistence": Level.PROBLEM}),
        ({"rewrite_ok": False}, {"persistence": Level.WARNING}),
        ({"policy": "allkeys-lru"}, {"persistence": Level.PROBLEM}),
        ({"room": Room(100, 0, writes=True)}, {"memory": Level.WARNING}),
        ({"room": Room(800_000_000, 1_000_000_000, writes=True)}, {"memory": Level.WARNING}),
        ({"room": Room(950_000_000, 1_000_000_000, writes=True)}, {"memory": Level.PROBLEM}),
        ({"room": Room(100, 700_000_000, writes=True)}, {"memory": Level.WARNING}),
        ({"ahead_s": -3.0}, {"clock": Level.WARNING}),
        ({"ahead_s": 100.0}, {"clock": Level.PROBLEM}),
    ],
)
def test_what_is_wrong_with_the_broker_is_found(
    changes: dict[str, Any], expected: dict[str, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "read_health", lambda redis: SOUND._replace(**changes))
    found = worst(servers.check_broker(Settings(redis_url="redis://elsewhere:6379/0")))
    sound = dict.fromkeys(("redis", "persistence", "memory", "clock"), Level.OK)
    assert found == sound | expected


def test_a_real_server_is_looked_at(redis_url: str, redis: Redis) -> None:
    found = worst(servers.check_broker(Settings(redis_url=redis_url, require_keys=True)))
    assert found["redis"] is Level.OK
    assert found["persistence"] is Level.PROBLEM, "the tests' server writes no file"
    assert found["access"] is Level.WARNING, "there is no key"
    assert found["clock"] is Level.OK
    assert {"overcommit", "disk"} & found.keys()
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    assert worst(servers.check_broker(Settings(redis_url=redis_url, require_keys=True)))["access"] is Level.OK


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    (found,) = servers.check_broker(Settings(redis_url="redis://user:secret@127.0.0.1:1/0"))
    assert found.level is Level.PROBLEM
    assert "redis://127.0.0.1:1/0 does not answer" in found.says
    assert "secret" not in str(found)


def test_the_server_of_frames_is_looked_at_where_it_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    two = Settings(redis_url="redis://one:6379/0", frame_redis_url="redis://two:6379/0")
    assert worst(servers.check_frames(Settings(redis_url="redis://one:6379/0"))) == {"frames": Level.OK}
    for changes, level in (
        ({"policy": "volatile-ttl"}, Level.OK),
        ({"policy": "noeviction"}, Level.WARNING),
        ({"policy": "volatile-ttl", "room": Room(1, 0, writes=True)}, Level.WARNING),
    ):
        health = SOUND._replace(**changes)  # type: ignore[arg-type]
        monkeypatch.setattr(servers, "read_health", lambda redis, health=health: health)
        assert worst(servers.check_frames(two)) == {"frames": level}
    monkeypatch.undo()
    away = Settings(redis_url="redis://one:6379/0", frame_redis_url="redis://127.0.0.1:1/0")
    assert worst(servers.check_frames(away)) == {"frames": Level.PROBLEM}


def test_a_full_disk_is_looked_for_where_the_server_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(servers, "read_health", lambda redis: SOUND._replace(folder=tmp_path))
    assert "disk" in worst(servers.check_broker(Settings(redis_url="redis://:password@localhost:6379/0")))
    assert "disk" not in worst(servers.check_broker(Settings(redis_url="redis://elsewhere:6379/0")))


def test_a_server_that_goes_away_before_its_keys_are_counted_is_a_finding(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> int:
        raise BrokerUnavailable("The job store does not answer.")

    monkeypatch.setattr(servers, "api_keys", away)
    assert worst(servers.check_broker(Settings(redis_url=redis_url, require_keys=True)))["access"] is Level.PROBLEM


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:hidden@127.0.0.1:1/0",
        "redis://127.0.0.1:1/0?password=hidden",
        "sentinel://user:hidden@127.0.0.1:1/mien?sentinel_password=hidden",
        "sentinel://127.0.0.1:1/?sentinel_password=hidden",
    ],
)
def test_no_password_of_an_address_is_told(url: str) -> None:
    (found,) = servers.check_broker(Settings.model_construct(redis_url=url))
    assert found.level is Level.PROBLEM
    assert "127.0.0.1:1" in found.says
    assert "hidden" not in f"{found.says} {found.do}"
