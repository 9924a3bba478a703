"""Turns: a few processes start at a time, however many cameras there are.

Python, OpenCV and Celery take a second of a core, or two, to load. Thirty cameras that start at once on a small machine
are all late, and those that are there already lose frames meanwhile.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = max(2, (os.cpu_count() or 1) // 2)
LONGEST_S: Final = 10.0
"""Whoever takes longer to start holds up nobody any more."""
_LOOK_EVERY_S: Final = 0.1


class Turn:
    """Leave to start, until it is given back."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        """It has been taken from `room`."""
        self._room: threading.BoundedSemaphore | None = room
        self._ends_at = time.monotonic() + LONGEST_S

    def is_over(self) -> bool:
        """Whether it has lasted for long enough."""
        return time.monotonic() >= self._ends_at

    def give_back(self) -> None:
        """Let another one start. Once is enough."""
        room, self._room = self._room, None
        if room:
            room.release()


class Turns:
    """Shared by all who start processes."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """So many may start at once."""
        self._room = threading.BoundedSemaphore(at_once)

    def take(self, until: Callable[[], bool]) -> Turn | None:
        """Wait for a turn; none if `until` became true before."""
        while not until():
            if self._room.acquire(timeout=_LOOK_EVERY_S):
                return Turn(self._room)
        return None
