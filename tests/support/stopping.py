"""Workers that a test starts beside a system, and stops in the middle of their work."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redis import Redis

from contracts.storage import keys
from contracts.storage.heartbeat import HeartbeatStore
from support.clocks import wait_for
from support.faults import IMPATIENT, System
from support.processes import Process, StartProcess
from workers.periodic import RECONCILE_EVERY_S


def taken_over_s(jobs: int) -> float:
    """Within how many seconds jobs are done that a worker held when it died, on a machine that has little time for it.

    A lease, the reconciler's next look, and the work: a process of its own for each, one after the other.
    """
    return IMPATIENT["lease_s"] + RECONCILE_EVERY_S + 10 + 5 * jobs


def started(system: System, start: StartProcess, url: str, **settings: object) -> Process:
    """One worker more, that is ready.

    Args:
        system: that it joins.
        start: starts processes.
        url: where it reaches the broker.
        settings: without their prefix.
    """
    worker = start("workers", **{**IMPATIENT, "redis_url": url, **settings})
    heartbeats = HeartbeatStore(system.redis)

    def ready() -> bool:
        assert worker.poll() is None, "the worker ended at its start"
        return worker.pid in {report.pid for report in heartbeats.live_workers()}

    wait_for(ready, "another worker to be ready")
    return worker


def held_by(worker: Process, redis: Redis) -> list[str]:
    """Ids of the jobs that this worker has claimed and not finished."""
    return [job_id for job_id, (state, pid) in owners(redis).items() if (state, pid) == ("running", worker.pid)]


def owners(redis: Redis, ids: Sequence[str] = ()) -> dict[str, tuple[str, int]]:
    """Of these jobs, or else of all that are open: id → state and the process that was the last to claim it, or 0."""
    ids = ids or [key.decode() for key, _ in redis.zscan_iter(keys.OPEN_JOBS)]
    with redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), "state", "owner")
        found = [[(value or b"").decode() for value in values] for values in pipe.execute()]
    return {job_id: (state, process_of(owner)) for job_id, (state, owner) in zip(ids, found, strict=True)}


def process_of(owner: str) -> int:
    """The process in the name of an owner: host-PID-random/claim."""
    return int(owner.partition("/")[0].split("-")[-2]) if owner else 0


def stopped_with_jobs(worker: Process, redis: Redis) -> list[str]:
    """Stop a worker (SIGSTOP), and give the jobs that it holds; if there is none, it goes on."""
    worker.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, worker.pid, os.WSTOPPED)
    redis.ping()  # whatever it had sent is done before the next line asks
    held = held_by(worker, redis)
    if not held:
        worker.send_signal(signal.SIGCONT)
    return held


@contextmanager
def standing(processes: list[Process]) -> Iterator[None]:
    """They stand still while the block runs."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)
