"""Redis' time without a round trip a question: the difference to this host's clock, measured now and then."""

import time
from collections.abc import Callable
from typing import Final

AGAIN_S: Final = 10.0
"""Clocks drift apart by far less than a millisecond meanwhile."""


class ServerTime:
    """Seconds since 1970 by Redis' clock, to the time of a round trip."""

    def __init__(self, ask: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is asked yet.

        Args:
            ask: gives Redis' time; a round trip.
            clock: seconds, never put back.
        """
        self._ask, self._clock = ask, clock
        self._offset: float | None = None
        self._asked_at = float("-inf")

    def refresh(self) -> None:
        """Ask again, if that is long ago; raises what asking raises."""
        if self._clock() >= self._asked_at + AGAIN_S:
            begun = self._clock()
            self._offset = self._ask() - (begun + self._clock()) / 2
            self._asked_at = begun

    def now(self) -> float:
        """The time. Before anything was asked it is this host's."""
        return time.time() if self._offset is None else self._clock() + self._offset
