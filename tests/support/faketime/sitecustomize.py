"""Imported by every Python process whose clock is wrong: libfaketime makes `time.sleep` fail.

Since 3.11 it sleeps until a time of the monotonic clock, which libfaketime takes for one of the clock that it changes.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], max(0.0, seconds))


time.sleep = _sleep
