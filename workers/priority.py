"""Scheduling priority: a worker for bulk jobs alone yields the processor to all work that a client waits for."""

import os

from contracts.queues import BULK

_NICEST = 19


def lower_priority(queues: str) -> bool:
    """Lower the scheduling priority of this process if no client waits for any of these queues.

    To be called before threads are started, which inherit it. On Linux the scheduler's class for idle work: a task
    of any other class that wakes up takes its processor at once, where mere niceness would let it wait for the end of
    a slice of milliseconds, at each of the dozen hand-overs between client, gateway, Redis and worker. It still gets
    a small share of a processor that is never idle, enough to renew its leases.

    Args:
        queues: names, separated by commas, as in ``MIEN_WORKER_QUEUES``.

    Returns:
        Whether the priority was lowered.
    """
    if queues.split(",") != [BULK]:
        return False
    if hasattr(os, "SCHED_IDLE"):  # Linux
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(_NICEST)
    return True
