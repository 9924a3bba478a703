"""What this process takes of its host, for its heartbeat."""

import os
import resource
import sys
from pathlib import Path
from typing import Final, TypedDict

_STATM: Final = Path("/proc/self/statm")


class Taken(TypedDict):
    """As `contracts.storage.heartbeat.WorkerReport` has it."""

    cpu_s: float
    resident_bytes: int


def taken() -> Taken:
    """CPU time so far, ended children's included, and memory at this moment; where that is not told, at most."""
    times = os.times()
    cpu_s = times.user + times.system + times.children_user + times.children_system
    return Taken(cpu_s=cpu_s, resident_bytes=_resident_bytes())


def _resident_bytes() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
