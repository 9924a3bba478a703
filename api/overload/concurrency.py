"""A limit on concurrent work. What does not fit is refused at once: a queue would only hide the wait."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.errors import Overloaded

_WEIGHT_OF_THE_LAST = 0.1
_FEW = 20
"""So many are never too many: one slow holder, as the first one is, says little."""


class ConcurrencyLimiter:
    """Thread-safe. Remembers how long its holders take lately: that is when there should be room again."""

    def __init__(
        self,
        limit: int,
        reason: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        longest_s: float = math.inf,
    ) -> None:
        """Set the limit.

        Args:
            limit: what may be held at once, in the unit in which `acquire` counts.
            reason: what a refused client is told.
            clock: seconds.
            longest_s: a caller that would have to hold on for longer than this, as things are, is refused too.
        """
        self._limit, self._reason, self._clock, self._longest_s = limit, reason, clock, longest_s
        self._lock = threading.Lock()
        self._in_use = self._holders = 0
        self._held_s = self._pace_s = 0.0

    @property
    def in_use(self) -> int:
        """How much is held now."""
        with self._lock:
            return self._in_use

    def check(self, amount: int = 1) -> None:
        """Find out whether there is room.

        Raises:
            Overloaded: there is none, and another holder is there: a caller that comes alone is always let in.
        """
        with self._lock:
            self._check(amount)

    def acquire(self, amount: int = 1) -> Callable[[], None]:
        """Take room.

        Returns:
            A function that gives the room back, once, however often it is called.

        Raises:
            Overloaded: as `check`.
        """
        with self._lock:
            self._check(amount)
            self._in_use += amount
            self._holders += 1
            acquired_at, holders, released = self._clock(), self._holders, False

        def release() -> None:
            nonlocal released
            with self._lock:
                if not released:
                    released = True
                    self._in_use -= amount
                    self._holders -= 1
                    self._learn(self._clock() - acquired_at, holders)

        return release

    @contextmanager
    def hold(self, amount: int = 1) -> Iterator[None]:
        """Hold room for the length of the block; raises as `check`."""
        release = self.acquire(amount)
        try:
            yield
        finally:
            release()

    def _check(self, amount: int) -> None:
        full = self._in_use + amount > self._limit
        slow = self._holders >= _FEW and self._holders * self._pace_s > self._longest_s
        if self._holders and (full or slow):
            raise Overloaded(f"{self._reason}; try again later.", retry_after=self._held_s)

    def _learn(self, held_s: float, holders: int) -> None:
        """One holder's time among `holders` says how fast they finish (Little's law)."""
        self._held_s += _WEIGHT_OF_THE_LAST * (held_s - self._held_s)
        self._pace_s += _WEIGHT_OF_THE_LAST * (held_s / holders - self._pace_s)
