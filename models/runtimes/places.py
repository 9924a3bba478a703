"""Places on a device, in order."""

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FEW: Final = 16
"""Items up to which a call is a small one: the faces of a photo for which somebody waits, or its passes."""


class Places:
    """A few places for many threads: small calls come first, and otherwise who came first. Thread-safe.

    A semaphore would not do: whoever leaves a place and wants the next one has it before those that wait have woken
    up, and a batch of many parts leaves a photo waiting to its end.
    """

    def __init__(self, count: int) -> None:
        """Have so many places."""
        self._lock = threading.Lock()
        self._free = count
        self._waiting: list[tuple[bool, int, threading.Lock]] = []
        self._numbers = itertools.count()

    @property
    def waiting(self) -> int:
        """Threads that wait."""
        return len(self._waiting)

    @contextmanager
    def one(self, items: int = 1) -> Iterator[None]:
        """Have a place while the block runs.

        Args:
            items: of the whole call for which it is.
        """
        turn = threading.Lock()  # locked until it has come
        with self._lock:
            if self._free:
                self._free -= 1
            else:
                turn.acquire()
                heapq.heappush(self._waiting, (items > FEW, next(self._numbers), turn))
        with turn:
            try:
                yield
            finally:
                self._leave()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[-1].release()  # the place is handed over, not free in between
            else:
                self._free += 1
