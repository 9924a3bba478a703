"""A limit on what is inside at once. Whatever does not fit is turned away at once: a queue would only hide the wait."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.errors import Overloaded

_WEIGHT_OF_THE_LAST = 0.1
_FEW = 20
"""So many are never too many: one slow stay, as the first one is, says little."""


class ConcurrencyLimiter:
    """Thread-safe. Remembers how long stays are lately: that is when there should be room again."""

    def __init__(
        self,
        limit: int,
        reason: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        longest_s: float = math.inf,
    ) -> None:
        """Open it.

        Args:
            limit: what may be inside at once, in the unit in which `enter` counts.
            reason: what whoever is turned away is told.
            clock: seconds.
            longest_s: whoever would have to stay inside for longer than this, as things are, is turned away too.
        """
        self._limit, self._reason, self._clock, self._longest_s = limit, reason, clock, longest_s
        self._lock = threading.Lock()
        self._inside = self._members = 0
        self._stay_s = self._pace_s = 0.0

    @property
    def inside(self) -> int:
        """How much is inside now."""
        with self._lock:
            return self._inside

    def check(self, amount: int = 1) -> None:
        """Find out whether there is room.

        Raises:
            Overloaded: there is none, and somebody else is inside: whoever comes alone gets in.
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
            self._members += 1
            entered_at, members, left = self._clock(), self._members, False

        def leave() -> None:
            nonlocal left
            with self._lock:
                if not left:
                    left = True
                    self._inside -= amount
                    self._members -= 1
                    self._learn(self._clock() - entered_at, members)

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
        full = self._inside + amount > self._limit
        slow = self._members >= _FEW and self._members * self._pace_s > self._longest_s
        if self._members and (full or slow):
            raise Overloaded(f"{self._reason}; try again later.", retry_after=self._stay_s)

    def _learn(self, stay_s: float, members: int) -> None:
        """A stay among `members` says how fast they leave (Little's law)."""
        self._stay_s += _WEIGHT_OF_THE_LAST * (stay_s - self._stay_s)
        self._pace_s += _WEIGHT_OF_THE_LAST * (stay_s / members - self._pace_s)
