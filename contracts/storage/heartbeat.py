"""Which workers are alive: each says so every few seconds, and is forgotten when it stops."""

import time

from redis import Redis

from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import translated

REPORT_EVERY_S = 3.0
FORGOTTEN_AFTER_S = 10.0


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


def report(redis: Redis, worker: WorkerReport) -> None:
    """Tell everybody that this worker is alive and ready."""
    with translated():
        redis.hset(keys.WORKERS, worker.name, worker.model_dump_json())


def retire(redis: Redis, name: str) -> None:
    """Say goodbye at once instead of being forgotten later."""
    with translated():
        redis.hdel(keys.WORKERS, name)


def live_workers(redis: Redis, now: float | None = None) -> list[WorkerReport]:
    """Reports of all live workers, by name; those of workers that fell silent are removed.

    `now` is in seconds since 1970; by default the present.
    """
    now = time.time() if now is None else now
    with translated():
        found = [WorkerReport.model_validate_json(text) for text in redis.hvals(keys.WORKERS)]
        silent = [worker.name for worker in found if now - worker.reported_at > FORGOTTEN_AFTER_S]
        if silent:
            redis.hdel(keys.WORKERS, *silent)
    return sorted((worker for worker in found if worker.name not in silent), key=lambda worker: worker.name)
