"""`mien queues` tells what waits."""

import json
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore

Mien = Callable[..., tuple[int, str]]


def test_it_tells_what_waits(mien: Mien, redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"image"], BULK)
    status, printed = mien("queues", "--json")
    found = {one["queue"]: one for one in json.loads(printed)}
    assert status == 0
    assert list(found) == ["interactive", "live", "webhooks", "bulk"]
    assert found["bulk"]["waiting"] == 1
    assert 0 <= found["bulk"]["oldest_s"] < 60
    assert found["interactive"]["oldest_s"] is None
    assert mien("queues")[1].splitlines()[0].split() == ["queue", "waiting", "oldest"]


def test_without_redis_it_says_so(mien: Mien, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://127.0.0.1:1/0")
    assert mien("queues") == (1, "mien: The job store does not answer; try again in a few seconds.\n")
