"""Something that any thread may do, but all of them together only every so often."""

import threading
import time
from collections.abc import Callable


class Turns:
    """Hands out turns. Thread-safe."""

    def __init__(self, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Have the first turn ready.

        Args:
            every_s: seconds from one turn to the next.
            clock: gives seconds; it never goes back.
        """
        self._every_s, self._clock = every_s, clock
        self._lock = threading.Lock()
        self._next_at = float("-inf")

    def take(self) -> bool:
        """Whether it is time for the next turn, which this caller has then."""
        with self._lock:
            now = self._clock()
            if now < self._next_at:
                return False
            self._next_at = now + self._every_s
            return True
