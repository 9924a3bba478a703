"""How the whole system is at a moment, for metrics: one round trip a server, and nothing is written.

What is read here can be read of a server that takes no writes as well: then, of all times, it is looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis

from contracts.cameras import CameraStatus
from contracts.devices import is_device
from contracts.errors import RecordUnreadable
from contracts.queues import JOB_QUEUES, QUEUES
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.lanes import DRAINED
from contracts.storage.records import read_record
from contracts.storage.room import room_of

_BEGUN: Final = 1e11
"""What ``overdue.lua`` takes off the time of a job that was begun before."""
_ACCOUNT: Final = re.compile(r"[0-9a-f]{16}")
_KNOWN_S: Final = 3_600.0
"""A camera without a word for longer is none any more."""


@dataclass(frozen=True)
class WorkGauges:
    """What waits, in the broker."""

    depths: dict[str, int]
    """Jobs, or messages, by queue."""
    oldest_s: dict[str, float]
    """For how long the oldest job of each of `JOB_QUEUES` has waited, in seconds; 0 without one."""
    waiting_images: dict[str, int]
    """Of jobs that no worker has begun, by queue."""
    open_images: dict[str, int]
    """Of unfinished jobs, begun ones included, by queue."""
    paused: dict[str, bool]
    """Whether nothing is taken out of a queue, by queue."""
    drained: bool
    """Whether no jobs are accepted."""
    open_jobs: int
    open_bytes: int
    """Of images of unfinished jobs."""
    annotated_bytes: int
    """Of annotated images that are kept."""
    webhooks_waiting: int
    """Webhooks that are neither delivered nor given up."""
    webhooks_late_s: float
    """For how long the oldest of them has been due, in seconds."""
    webhooks_dead: int
    """Webhooks that were given up and are kept."""


@dataclass(frozen=True)
class CameraGauge:
    """A camera of the last hour."""

    status: CameraStatus | None
    """None if nobody says any more how it is."""
    age_s: float | None
    """Of its newest frame, in seconds; None if it has shown none within the hour."""


@dataclass(frozen=True)
class ServerGauges:
    """How a Redis server is, in its own words (``INFO``)."""

    used_bytes: int
    """As `contracts.storage.room` counts it: what its limit is compared with."""
    limit_bytes: int
    """0: none is set."""
    resident_bytes: int
    clients: int
    blocked_clients: int
    replicas: int
    primary: bool
    uptime_s: float
    commands: int
    evicted_keys: int
    append_only: bool
    write_ok: bool
    """Whether its last write to its append-only file succeeded."""
    rewrite_ok: bool
    rewriting: bool
    file_bytes: int
    delayed_fsyncs: int
    """Writes that had to wait because the disk had not finished the last fsync."""
    save_ok: bool
    """Whether its last snapshot succeeded."""
    version: str


class BrokerGauges:
    """Reads the broker Redis."""

    def __init__(self, redis: Redis) -> None:
        """Use a client, which should give up after a second or so."""
        self._redis = redis

    def work(self) -> WorkGauges:
        """What waits there."""
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            for queue in QUEUES:
                pipe.zcard(keys.queued(queue)) if queue in JOB_QUEUES else pipe.llen(queue)
            for queue in JOB_QUEUES:
                pipe.zrange(keys.queued(queue), 0, 0, withscores=True)
                pipe.zrangebyscore(keys.queued(queue), 0, "+inf", start=0, num=1, withscores=True)
            pipe.zcard(keys.OPEN_JOBS)
            pipe.hgetall(keys.OPEN_LOAD)
            pipe.hmget(keys.LANES, [*QUEUES, DRAINED])
            pipe.hget(keys.ANNOTATED_BYTES, "total")
            pipe.zcard(keys.WEBHOOKS_DUE)
            pipe.zrange(keys.WEBHOOKS_DUE, 0, 0, withscores=True)
            pipe.hlen(keys.WEBHOOKS_DEAD)
            (seconds, micros), *answers = pipe.execute()
        now = seconds + micros / 1e6
        depths, rest = answers[: len(QUEUES)], answers[len(QUEUES) :]
        oldest, rest = rest[: 2 * len(JOB_QUEUES)], rest[2 * len(JOB_QUEUES) :]
        open_jobs, stored_load, lanes, annotated, webhooks, due, dead = rest
        load = {field.decode(): max(0, int(amount)) for field, amount in stored_load.items()}
        held = [since is not None for since in lanes]
        return WorkGauges(
            depths=dict(zip(QUEUES, map(int, depths), strict=True)),
            oldest_s={
                queue: max(_waited_s(now, first), _waited_s(now, plain))
                for queue, first, plain in zip(JOB_QUEUES, oldest[::2], oldest[1::2], strict=True)
            },
            waiting_images={queue: load.get(f"{queue}:waiting", 0) for queue in JOB_QUEUES},
            open_images={queue: _open_images(load, queue) for queue in JOB_QUEUES},
            paused=dict(zip(QUEUES, held[:-1], strict=True)),
            drained=held[-1],
            open_jobs=int(open_jobs),
            open_bytes=load.get("bytes", 0),
            annotated_bytes=max(0, int(annotated or 0)),
            webhooks_waiting=int(webhooks),
            webhooks_late_s=max(0.0, now - float(due[0][1])) if due else 0.0,
            webhooks_dead=int(dead),
        )


class FrameGauges:
    """Reads the frame Redis."""

    def __init__(self, redis: Redis) -> None:
        """Use a client, which should give up after a second or so."""
        self._redis = redis

    def cameras(self) -> dict[str, CameraGauge]:
        """Every camera of the last hour, by name; those that browsers send for themselves are left out."""
        with translate_errors():
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.zrange(keys.CAMERAS, 0, -1, withscores=True)
                pipe.zrange(keys.CAMERAS_KNOWN, 0, -1, withscores=True)
                (seconds, micros), shown, told = pipe.execute()
            now = seconds + micros / 1e6
            last = _recent(now, shown)
            names = sorted(last.keys() | _recent(now, told).keys())
            stored = self._redis.mget([keys.camera_status(name) for name in names]) if names else []
        return {
            name: CameraGauge(_status(name, text), last.get(name)) for name, text in zip(names, stored, strict=True)
        }

    def kept_events(self) -> int:
        """Events of cameras that are kept."""
        with translate_errors():
            return int(self._redis.xlen(keys.EVENTS))


def read_server(redis: Redis) -> ServerGauges:
    """How a server is.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    with translate_errors():
        info: dict[str, Any] = redis.info()
    room = room_of(info, info)
    return ServerGauges(
        used_bytes=room.used_bytes,
        limit_bytes=room.limit_bytes,
        resident_bytes=int(info.get("used_memory_rss", 0)),
        clients=int(info.get("connected_clients", 0)),
        blocked_clients=int(info.get("blocked_clients", 0)),
        replicas=int(info.get("connected_slaves", 0)),
        primary=info.get("role", "master") == "master",
        uptime_s=float(info.get("uptime_in_seconds", 0)),
        commands=int(info.get("total_commands_processed", 0)),
        evicted_keys=int(info.get("evicted_keys", 0)),
        append_only=bool(int(info.get("aof_enabled", 0))),
        write_ok=room.writes,
        rewrite_ok=info.get("aof_last_bgrewrite_status", "ok") == "ok",
        rewriting=bool(int(info.get("aof_rewrite_in_progress", 0))),
        file_bytes=int(info.get("aof_current_size", 0)),
        delayed_fsyncs=int(info.get("aof_delayed_fsync", 0)),
        save_ok=info.get("rdb_last_bgsave_status", "ok") == "ok",
        version=str(info.get("valkey_version", info.get("redis_version", ""))),
    )


def _open_images(load: Mapping[str, int], queue: str) -> int:
    """What all accounts have in a queue; see `contracts.storage.load`."""
    return sum(count for field, count in load.items() if _ACCOUNT.fullmatch(field.removeprefix(f"{queue}:")))


def _waited_s(now: float, oldest: list[tuple[bytes, float]]) -> float:
    """Since when the first job of a queue waits, one that was begun before included."""
    if not oldest:
        return 0.0
    accepted = float(oldest[0][1])
    return max(0.0, now - (accepted + _BEGUN if accepted < 0 else accepted))


def _recent(now: float, scores: list[tuple[bytes, float]]) -> dict[str, float]:
    """Camera → seconds since the time of its score."""
    ages = {name.decode(): max(0.0, now - float(at)) for name, at in scores if now - float(at) <= _KNOWN_S}
    return {name: age for name, age in ages.items() if not is_device(name)}


def _status(camera: str, stored: bytes | None) -> CameraStatus | None:
    if stored is None:
        return None
    try:
        return read_record(CameraStatus, stored, f"The status of camera {camera}")
    except RecordUnreadable:
        return None
