"""How far each worker has followed the plan of networks, and what all of them answer with."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal, get_args

from contracts.networks import NetworkRecord
from contracts.results import NO_MODEL
from contracts.storage.heartbeat import WorkerReport

State = Literal["serving", "behind", "failed", "unaware", "none"]
"""What a worker does with the plan that is set: it works by it; it changes to it, or has not heard of it; it cannot
load it, and goes on with the one before; it is of a version that follows none, and goes on with its ``MIEN_MODEL``; it
reads no emotions."""

STATES: Final[tuple[State, ...]] = get_args(State)


def state_of(worker: WorkerReport, record: NetworkRecord | None) -> State:
    """What this worker does with the plan in force; `record` is None where one is set that cannot be read."""
    if worker.model == NO_MODEL:
        return "none"
    if worker.plan_epoch is None:
        return "unaware"
    if record is None:  # nor by workers, most likely: they say so when they have looked, and not of which plan
        return "failed" if worker.network_error else "behind"
    if worker.plan_epoch == record.epoch:
        return "serving"
    return "failed" if worker.failed_epoch == record.epoch else "behind"


def served_by(worker: WorkerReport) -> dict[str, int]:
    """The networks that a worker answers with, and their weights; none, if it reads no emotions."""
    if worker.model == NO_MODEL:
        return {}
    return dict(worker.serves) or {worker.model: 1}


def shares(workers: Iterable[WorkerReport]) -> dict[str, float]:
    """The part of all workers' threads that each network has, by name; empty without workers."""
    found, threads = defaultdict[str, float](float), 0
    for worker in workers:
        if weights := served_by(worker):
            threads += worker.threads
            for name, weight in weights.items():
                found[name] += worker.threads * weight / sum(weights.values())
    return {name: found[name] / threads for name in sorted(found)}
