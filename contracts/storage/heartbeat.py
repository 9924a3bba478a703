"""Which workers are alive: each says so every few seconds, and is forgotten when it stops."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script

logger = logging.getLogger(__name__)

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
    """By the server's clock; the store writes it."""


class HeartbeatStore:
    """Reports of live workers."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis, self._clock = redis, clock
        self._report = load_script(redis, "report")
        self._passed_over = set[bytes]()

    def report(self, worker: WorkerReport) -> None:
        """Say that this worker is alive and ready; to be repeated every `REPORT_EVERY_S`.

        When that was goes by the server's clock, which those who look share.
        """
        with translate_errors():
            now = self._time(self._redis.time())
            reported = worker.model_copy(update={"reported_at": now})
            self._report(keys=[keys.WORKERS], args=[worker.name, reported.model_dump_json()])

    def remove(self, name: str) -> None:
        """Say that a worker ends, so that it is not counted until it is forgotten."""
        with translate_errors():
            self._redis.hdel(keys.WORKERS, name)

    def live_workers(self) -> list[WorkerReport]:
        """Reports of all live workers, by name; those of workers that fell silent are removed.

        One that cannot be read, of another version of Mien, is passed over, and told once in the log.
        """
        with translate_errors():
            with self._redis.pipeline(transaction=False) as pipe:
                time_and_reports = pipe.time().hgetall(keys.WORKERS).execute()
            now, found = self._time(time_and_reports[0]), self._readable(time_and_reports[1])
            silent = [worker.name for worker in found if now - worker.reported_at > FORGOTTEN_AFTER_S]
            if silent:
                self._redis.hdel(keys.WORKERS, *silent)
        return sorted((worker for worker in found if worker.name not in silent), key=lambda worker: worker.name)

    def _time(self, servers: tuple[int, int]) -> float:
        return self._clock() if self._clock else servers[0] + servers[1] / 1e6

    def _readable(self, reports: Mapping[bytes, bytes]) -> list[WorkerReport]:
        found = list[WorkerReport]()
        for name, text in reports.items():
            try:
                found.append(read_record(WorkerReport, text, f"The report of worker {name.decode(errors='replace')}"))
            except RecordUnreadable as error:
                if name not in self._passed_over:
                    logger.warning("a worker is not counted: %s", error)
        self._passed_over = reports.keys() - {worker.name.encode() for worker in found}
        return found
