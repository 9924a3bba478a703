"""Waiting until all workers work by a plan."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from contracts.networks import NetworkRecord, format_weights
from contracts.storage.following import served_by, state_of
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport

_LOOK_EVERY_S: Final = 0.25


def wait_for_workers(
    heartbeats: HeartbeatStore,
    record: NetworkRecord,
    timeout_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Wait until no live worker is on its way to the plan any more, and say who works by it, and who does not.

    Args:
        heartbeats: of workers.
        record: that is in force.
        timeout_s: how long to wait at most.
        clock: gives seconds, and never goes back.
        sleep: waits so many seconds.

    Returns:
        The exit status: 0, if every worker works by the plan.
    """
    ends_at = clock() + timeout_s
    while True:
        workers = heartbeats.live_workers()
        behind = [worker for worker in workers if state_of(worker, record) == "behind"]
        if not behind or clock() >= ends_at:
            return _tell(workers, record)
        sleep(_LOOK_EVERY_S)


def _tell(workers: Sequence[WorkerReport], record: NetworkRecord) -> int:
    if not workers:
        print("No worker is alive: whether any has these networks will show when it starts.")
        return 1
    others = [worker for worker in workers if state_of(worker, record) not in {"serving", "none"}]
    for worker in others:
        print(f"Worker {worker.name} on {worker.host} {_why(worker, record)}")
    if others:
        print(f"{len(workers) - len(others)} of {len(workers)} workers work by the plan.")
        return 1
    print(f"All workers work by it ({len(workers)}): what is accepted from now on is read by it.")
    return 0


def _why(worker: WorkerReport, record: NetworkRecord) -> str:
    goes_on = f"goes on with {format_weights(served_by(worker))}"
    match state_of(worker, record):
        case "unaware":
            return f"is of a version that follows no plan, and {goes_on}."
        case "failed":
            return f"cannot serve the plan and {goes_on}: {worker.network_error}"
        case _:
            return f"has not finished what it began before, or loads still, and {goes_on}."
