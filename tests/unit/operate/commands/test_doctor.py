"""`mien doctor` as a whole: also where little works."""

import json
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.storage.heartbeat import HeartbeatStore
from support.factories import make_worker_report

Mien = Callable[..., tuple[int, str]]


def findings(printed: str) -> dict[str, set[str]]:
    """Check → levels."""
    found: dict[str, set[str]] = {}
    for one in json.loads(printed):
        found.setdefault(one["check"], set()).add(one["level"])
    return found


def test_a_system_is_looked_at_whole(mien: Mien, redis: Redis) -> None:
    HeartbeatStore(redis).report(make_worker_report("w1", queues="interactive,live,webhooks,bulk"))
    status, printed = mien("doctor", "--json")
    found = findings(printed)
    checks = {"settings", "access", "ports", "files", "weights", "cameras", "redis", "persistence", "memory", "clock"}
    assert checks | {"frames", "workers", "queues", "webhooks"} <= found.keys()
    assert found["workers"] == found["queues"] == found["redis"] == {"ok"}
    assert (status, found["persistence"]) == (1, {"problem"}), "the tests' server writes no file"


def test_without_redis_the_rest_is_looked_at(mien: Mien, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://:secret@127.0.0.1:1/0")
    status, printed = mien("doctor")
    assert (status, "secret" in printed) == (1, False)
    assert "PROBLEM  redis        redis://127.0.0.1:1/0 does not answer" in printed
    assert "ok       weights" in printed
    assert "workers " not in printed


def test_wrong_settings_hide_nothing_else(mien: Mien, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PORT", "high")
    status, printed = mien("doctor", "--json")
    found = findings(printed)
    assert (status, found["settings"], found["redis"]) == (1, {"problem"}, {"ok"})
    assert "Traceback" not in printed


def test_what_is_damaged_is_a_finding(mien: Mien, redis: Redis) -> None:
    redis.set("mien:workers", "no hash")
    found = findings(mien("doctor", "--json")[1])
    assert found["workers"] == {"problem"}
    assert found["webhooks"] == {"ok"}
