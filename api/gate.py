"""A limit on what is inside at once. Whatever does not fit is turned away at once: a queue would only hide the wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.errors import Overloaded

_WEIGHT_OF_THE_LAST = 0.1


class Gate:
    """Thread-safe. Remembers how long stays are lately, which is when there should be room again."""

    def __init__(self, limit: int, reason: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`limit` is in the unit in which `enter` counts; `reason` is what whoever is turned away is told."""
        self._limit, self._reason, self._clock = limit, reason, clock
        self._lock = threading.Lock()
        self._inside = 0
        self._stay_s = 0.0

    @property
    def inside(self) -> int:
        """How much is inside now."""
        with self._lock:
            return self._inside

    def check(self, amount: int = 1) -> None:
        """Find out whether there is room.

        Raises:
            Overloaded: there is none, and something else is inside: one that is larger than the limit gets in alone.
        """
        with self._lock:
            self._check(amount)

    def enter(self, amount: int = 1) -> Callable[[], None]:
        """Take room; what comes back gives it back, once, however often it is called.

        Raises:
            Overloaded: as `check`.
        """
        with self._lock:
            self._check(amount)
            self._inside += amount
        left, entered_at = False, self._clock()

        def leave() -> None:
            nonlocal left
            with self._lock:
                if not left:
                    left = True
                    self._inside -= amount
                    self._stay_s += _WEIGHT_OF_THE_LAST * (self._clock() - entered_at - self._stay_s)

        return leave

    @contextmanager
    def entered(self, amount: int = 1) -> Iterator[None]:
        """Be inside for the length of the block; raises as `check`."""
        leave = self.enter(amount)
        try:
            yield
        finally:
            leave()

    def _check(self, amount: int) -> None:
        if self._inside and self._inside + amount > self._limit:
            raise Overloaded(f"{self._reason}; try again later.", retry_after=self._stay_s)
