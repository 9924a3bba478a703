"""A Redis server as an operator has to know it: what it is, whether it keeps what it is given, how quick it is."""

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.room import Room, read_room

_QUESTIONS: Final = 15


class ServerHealth(NamedTuple):
    """What a server says of itself, and what was measured."""

    name: str
    """``redis`` or ``valkey``."""
    version: tuple[int, ...]
    """Of Redis' commands: that of Valkey is one of its own, and its Redis version stands here."""
    shown_version: str
    primary: bool
    primary_link: bool
    """Whether a replica hears of its primary."""
    replicas: int
    append_only: bool
    write_ok: bool
    rewrite_ok: bool
    policy: str
    """What it does when it is full."""
    room: Room
    clients: int
    latency_s: float
    """Median time of an answer."""
    ahead_s: float
    """By how much this host's clock is ahead of the server's."""
    folder: Path | None
    """Of its files, if it tells."""


def read_health(redis: Redis, clock: Callable[[], float] = time.time) -> ServerHealth:
    """Ask a server how it is.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    with translate_errors():
        info: dict[str, Any] = redis.info()
        latency_s, ahead_s = _asked(redis, clock)
    return ServerHealth(
        name=str(info.get("server_name", "redis")),
        version=tuple(map(int, re.findall(r"\d+", str(info.get("redis_version", "")))[:2])),
        shown_version=str(info.get("valkey_version", info.get("redis_version", ""))),
        primary=info.get("role", "master") == "master",
        primary_link=info.get("master_link_status", "up") == "up",
        replicas=int(info.get("connected_slaves", 0)),
        append_only=bool(int(info.get("aof_enabled", 0))),
        write_ok=info.get("aof_last_write_status", "ok") == "ok",
        rewrite_ok=info.get("aof_last_bgrewrite_status", "ok") == "ok",
        policy=str(info.get("maxmemory_policy", "")),
        room=read_room(redis),
        clients=int(info.get("connected_clients", 0)),
        latency_s=latency_s,
        ahead_s=ahead_s,
        folder=_folder(redis),
    )


def is_primary(redis: Redis) -> bool:
    """Whether the server takes writes, as far as its part goes: a replica answers, and takes none.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    with translate_errors():
        return bool(redis.info("replication").get("role", "master") == "master")


def api_keys(redis: Redis) -> int:
    """How many API keys there are."""
    with translate_errors():
        return int(redis.hlen(keys.API_KEYS))


def _asked(redis: Redis, clock: Callable[[], float]) -> tuple[float, float]:
    """The median time of an answer, and by how much this host's clock is ahead, by the quickest answer."""
    times, offsets = list[float](), list[tuple[float, float]]()
    for _ in range(_QUESTIONS):
        before, begun = clock(), time.perf_counter()
        seconds, micros = redis.time()
        took = time.perf_counter() - begun
        times.append(took)
        offsets.append((took, before + took / 2 - (seconds + micros / 1e6)))
    return statistics.median(times), min(offsets)[1]


def _folder(redis: Redis) -> Path | None:
    try:
        found: dict[str, str] = redis.config_get("dir")
    except RedisError:  # a server that is managed by others does not tell
        return None
    return Path(found["dir"]) if found.get("dir") else None
