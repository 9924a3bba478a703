"""Threads that decode images: as many as the process has processors."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def decoding_threads() -> ThreadPoolExecutor:
    """The threads of this process, shared by all that decode; OpenCV leaves Python's lock meanwhile."""
    return ThreadPoolExecutor(processors(), thread_name_prefix="decoding")


def processors() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1
