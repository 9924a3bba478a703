"""Which workers are alive: each says so every few seconds, and is forgotten when it stops."""

import time
from collections.abc import Callable
from typing import Final

from redis import Redis

from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import translate_errors

REPORT_EVERY_S: Final = 3.0
FORGOTTEN_AFTER_S: Final = 10.0
"""Seconds of silence after which a worker counts as dead."""


class WorkerReport(Message):
    """What a live worker says of itself."""

    name: str
    pid: int
    host: str
    threads: int
    detector: str
    model: str
    runtime: str
    started_at: float
    reported_at: float


class HeartbeatStore:
    """Reports of live workers."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970."""
        self._redis = redis
        self._clock = clock

    def report(self, worker: WorkerReport) -> None:
        """Say that this worker is alive and ready; to be repeated every `REPORT_EVERY_S`."""
        with translate_errors():
            self._redis.hset(keys.WORKERS, worker.name, worker.model_dump_json())

    def remove(self, name: str) -> None:
        """Say that a worker ends, so that it is not counted until it is forgotten."""
        with translate_errors():
            self._redis.hdel(keys.WORKERS, name)

    def live_workers(self) -> list[WorkerReport]:
        """Reports of all live workers, by name; those of workers that fell silent are removed."""
        now = self._clock()
        with translate_errors():
            found = [WorkerReport.model_validate_json(text) for text in self._redis.hvals(keys.WORKERS)]
            silent = [worker.name for worker in found if now - worker.reported_at > FORGOTTEN_AFTER_S]
            if silent:
                self._redis.hdel(keys.WORKERS, *silent)
        return sorted((worker for worker in found if worker.name not in silent), key=lambda worker: worker.name)
