"""The processors of a machine, divided among the workers of its GPUs.

Each worker decodes on as many threads as it has processors. Where all workers had all of them, a machine with eight
GPUs would run eight times as many threads as it has processors, which would displace each other from its caches. Work
comes to workers alike, so that none has much use for the processors of another.
"""

import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

_TOPOLOGY: Final = Path("/sys/devices/system/cpu")


def shares(processors: Iterable[int], count: int, topology: Path = _TOPOLOGY) -> list[set[int]]:
    """Divide processors into shares that differ by one at most.

    The two threads of a core fall into one share, and neighbouring cores, which have memory in common, with them; which
    GPU is near to which of them is not looked at.

    Args:
        processors: numbers of logical processors.
        count: of shares.
        topology: where Linux says which core of which package a processor is.

    Returns:
        The shares; each is empty if there are fewer processors than that.
    """
    ordered = sorted(processors, key=lambda number: (*_place(topology / f"cpu{number}/topology"), number))
    if len(ordered) < count:
        return [set() for _ in range(count)]
    ends = [len(ordered) * part // count for part in range(count + 1)]
    return [set(ordered[begin:end]) for begin, end in pairwise(ends)]


def shares_here(count: int) -> list[set[int]]:
    """Shares of what this process may use; each is empty where the system cannot bind processes: macOS."""
    if not hasattr(os, "sched_getaffinity"):
        return [set() for _ in range(count)]
    return shares(os.sched_getaffinity(0), count)


def bind_thread(processors: set[int]) -> None:
    """Let this thread, and the processes that it starts, run on these processors alone; with an empty set, anywhere."""
    if processors:
        os.sched_setaffinity(0, processors)


def _place(folder: Path) -> tuple[int, int]:
    """Package and core; 0 where it is not told."""
    try:
        return int((folder / "physical_package_id").read_text()), int((folder / "core_id").read_text())
    except (OSError, ValueError):
        return 0, 0
