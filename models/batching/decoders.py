"""Threads that decode images: as many as the process has processors, and as many again for those who wait."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

FEW: Final = 8
"""Images up to which a call is one that somebody waits for."""


def decoding_threads(images: int) -> ThreadPoolExecutor:
    """The threads of this process for a call of so many images; OpenCV leaves Python's lock while they decode.

    Few images have threads of their own, which the system gives as much time: they wait behind no batch.
    """
    return _threads(few=images <= FEW)


@cache
def _threads(*, few: bool) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(processors(), thread_name_prefix="decoding few" if few else "decoding")


def processors() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1
