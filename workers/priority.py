"""How urgently a worker wants the processor: one for bulk jobs alone gives way to everybody who is waited for."""

import os

from contracts.queues import BULK

_LEAST_URGENT = 19


def lower_priority(queues: str) -> bool:
    """Let all other processes of this machine go first if nobody waits for any of these queues; returns whether so.

    To be called before threads are started, which inherit it. On Linux the scheduler's class for idle work: a task
    of any other class that wakes up takes its processor at once, where mere niceness would let it wait for the end of
    a slice of milliseconds, at each of the dozen hand-overs between client, gateway, Redis and worker. It still gets
    a small share of a processor that is never idle, enough to renew its leases.
    """
    if queues.split(",") != [BULK]:
        return False
    if hasattr(os, "SCHED_IDLE"):  # Linux
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(_LEAST_URGENT)
    return True
