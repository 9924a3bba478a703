"""Which workers are alive: each says so every few seconds, and is forgotten when it stops."""

from redis import Redis

from contracts import keys
from contracts.connections import translated
from contracts.results import Message

REPORT_EVERY_S = 3.0
FORGOTTEN_AFTER_S = 10


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
        redis.set(keys.worker(worker.name), worker.model_dump_json(), ex=FORGOTTEN_AFTER_S)


def retire(redis: Redis, name: str) -> None:
    """Say goodbye at once instead of being forgotten later."""
    with translated():
        redis.delete(keys.worker(name))


def live_workers(redis: Redis) -> list[WorkerReport]:
    """Reports of all live workers, by name."""
    with translated():
        found = sorted(redis.scan_iter(match=keys.WORKERS_PATTERN, count=1000))
        reports = redis.mget(found) if found else []
    return [WorkerReport.model_validate_json(text) for text in reports if text]
