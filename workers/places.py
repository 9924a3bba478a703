"""Threads that one kind of work may have at the same time, so that some are left for another."""

import threading


class Places:
    """A number of them. Thread-safe; nobody waits for one."""

    def __init__(self, count: int) -> None:
        """Have so many; one at least."""
        self._free = max(1, count)
        self._turned_away = False
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether none is left."""
        with self._lock:
            return not self._free

    def take(self) -> bool:
        """Whether there is a place, which the caller has then, and has to leave."""
        with self._lock:
            if not self._free:
                self._turned_away = True
                return False
            self._free -= 1
            return True

    def leave(self) -> bool:
        """Whether somebody was turned away meanwhile: there is a place now, and nobody else will tell them."""
        with self._lock:
            self._free += 1
            turned_away, self._turned_away = self._turned_away, False
            return turned_away
