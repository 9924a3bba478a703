"""How cameras are, in Redis: said every few seconds by whoever is responsible for each, and forgotten after ten."""

import time
from collections.abc import Callable
from typing import Final

from redis import Redis

from contracts.cameras import CameraStatus
from contracts.errors import RecordUnreadable
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record

BELIEVED_S: Final = 10.0
"""After this silence a status is forgotten."""


class CameraStatuses:
    """Statuses by camera; in the frame Redis."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the frame Redis; `clock` gives seconds since 1970, in place of the server's and this host's clocks."""
        self._redis = redis
        self._hosts_clock = clock or time.time
        self._now = clock or servers_clock(redis)
        self._since: dict[str, tuple[float, float]] = {}
        """Camera → since when by this host's clock, and by the server's: told once, so that it does not waver."""
        self._offered_at: dict[str, float] = {}

    def put(self, *statuses: CameraStatus) -> None:
        """Say how these cameras are. `since` is by this host's clock, and is told by the server's."""
        now = self._now()
        ahead_s = now - self._hosts_clock()
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            for status in statuses:
                told = self._since.get(status.name)
                if told is None or told[0] != status.since:
                    self._since[status.name] = told = (status.since, status.since + ahead_s)
                stored = status.model_copy(update={"since": told[1]}).model_dump_json()
                pipe.set(keys.camera_status(status.name), stored, px=int(1000 * BELIEVED_S))
                pipe.zadd(keys.CAMERAS_KNOWN, {status.name: now})
            pipe.execute()

    def offer(self, status: CameraStatus) -> None:
        """Say how a camera is for as long as nobody else does; `since` is when that began."""
        told = self.get(status.name)
        if told is None:
            self._offered_at[status.name] = self._hosts_clock()
        if told is None or told.reason == status.reason:
            since = self._offered_at.setdefault(status.name, status.since)
            self.put(status.model_copy(update={"since": since}))

    def remove(self, *cameras: str) -> None:
        """These cameras are no more, and not to be listed as such that have published within the last hour."""
        self.forget(*cameras)
        with translate_errors():
            self._redis.zrem(keys.CAMERAS, *cameras)

    def forget(self, *cameras: str) -> None:
        """Nobody says any more how these cameras are."""
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            for camera in cameras:
                self._since.pop(camera, None)
                pipe.delete(keys.camera_status(camera))
                pipe.zrem(keys.CAMERAS_KNOWN, camera)
            pipe.execute()

    def all(self) -> dict[str, CameraStatus]:
        """Every camera of which something is known, by name; those of a newer version that cannot be read are not."""
        with translate_errors():
            self._redis.zremrangebyscore(keys.CAMERAS_KNOWN, "-inf", self._now() - BELIEVED_S)
            names = [name.decode() for name in self._redis.zrange(keys.CAMERAS_KNOWN, 0, -1)]
            stored = self._redis.mget([keys.camera_status(name) for name in names]) if names else []
        read = {name: _read(name, one) for name, one in zip(names, stored, strict=True)}
        return {name: status for name, status in sorted(read.items()) if status is not None}

    def get(self, camera: str) -> CameraStatus | None:
        """How this camera is; None if nothing is known."""
        with translate_errors():
            return _read(camera, self._redis.get(keys.camera_status(camera)))


def _read(camera: str, stored: bytes | None) -> CameraStatus | None:
    if stored is None:
        return None
    try:
        return read_record(CameraStatus, stored, f"The status of camera {camera}")
    except RecordUnreadable:
        return None
