"""A limit on concurrent work. What does not fit is refused at once: a queue would only hide the wait."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.errors import Overloaded, QuotaExceeded

_WEIGHT_OF_THE_LAST = 0.1
_FEW = 20
"""So many are never too many: one slow holder, as the first one is, says little."""


class Holding:
    """What one holder has of a limit. It may grow; calling it gives all of it back, once, however often it is done."""

    def __init__(
        self, limiter: "ConcurrencyLimiter", client: str, amount: int, acquired_at: float, holders: int
    ) -> None:
        self.client, self.amount = client, amount
        self.acquired_at, self.holders = acquired_at, holders
        self.released = False
        self._limiter = limiter

    def grow(self, amount: int) -> None:
        """Take more.

        Raises:
            Overloaded, QuotaExceeded: it does not fit; what is held already stays held.
        """
        self._limiter.grow(self, amount)

    def __call__(self) -> None:
        """Give all of it back."""
        self._limiter.release(self)


class ConcurrencyLimiter:
    """Thread-safe. Remembers how long its holders take lately: that is when there should be capacity again.

    A holder that comes alone is always let in, and so is the only holder of a client as far as the client's share goes.
    Where there is `spare` room, a crowd of one client's does not keep the others out.
    """

    def __init__(
        self,
        limit: int,
        reason: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        longest_s: float = math.inf,
        share: float = 1.0,
        spare: int = 0,
        setting: str = "",
    ) -> None:
        """Set the limit.

        Args:
            limit: what may be held at once, in the unit in which `acquire` counts.
            reason: what a refused client is told.
            clock: seconds.
            longest_s: a caller that would have to hold on for longer than this, as things are, is refused too.
            share: the part of the limit that one client may hold, above 0 and up to 1.
            spare: room beyond the limit for clients that hold less than their equal part, and are not refused for how
                long the others take.
            setting: the setting that is the limit, for the operator.
        """
        self._limit, self._reason, self._clock, self._longest_s = limit, reason, clock, longest_s
        self._client_limit, self._spare, self._setting = max(1, int(limit * share)), spare, setting
        self._lock = threading.Lock()
        self._in_use = self._holders = 0
        self._amounts, self._holdings = Counter[str](), Counter[str]()
        self._held_s = self._pace_s = 0.0

    @property
    def in_use(self) -> int:
        """How much is held now."""
        with self._lock:
            return self._in_use

    def check(self, amount: int = 1, client: str = "") -> None:
        """Find out whether there is capacity.

        Args:
            amount: for how much.
            client: for which client, if it is one whose share counts.

        Raises:
            QuotaExceeded: the client has its share.
            Overloaded: it does not fit, and there is another holder.
        """
        with self._lock:
            self._check(amount, client, 0)

    def acquire(self, amount: int = 1, client: str = "") -> Holding:
        """Take capacity; raises as `check`."""
        with self._lock:
            self._check(amount, client, 0)
            self._holders += 1
            self._holdings[client] += 1
            self._take(amount, client)
            return Holding(self, client, amount, self._clock(), self._holders)

    def grow(self, holding: Holding, amount: int) -> None:
        """Take more for a holder; nothing once it has released what it had."""
        with self._lock:
            if not holding.released:
                self._check(amount, holding.client, 1)
                self._take(amount, holding.client)
                holding.amount += amount

    def release(self, holding: Holding) -> None:
        """Give back what a holder has."""
        with self._lock:
            if holding.released:
                return
            holding.released = True
            self._holders -= 1
            self._holdings[holding.client] -= 1
            self._take(-holding.amount, holding.client)
            if not self._holdings[holding.client]:
                del self._holdings[holding.client], self._amounts[holding.client]
            self._learn(self._clock() - holding.acquired_at, holding.holders)

    @contextmanager
    def hold(self, amount: int = 1, client: str = "") -> Iterator[Holding]:
        """Hold capacity for the length of the block; raises as `check`."""
        holding = self.acquire(amount, client)
        try:
            yield holding
        finally:
            holding()

    def _take(self, amount: int, client: str) -> None:
        self._in_use += amount
        self._amounts[client] += amount

    def _check(self, amount: int, client: str, own: int) -> None:
        """Refuse what does not fit beside others; `own` of the holders is the caller itself."""
        limit = self._client_limit
        if client and limit < self._limit and self._holdings[client] > own and self._amounts[client] + amount > limit:
            named = f" (MIEN_CLIENT_SHARE of {self._setting})" if self._setting else ""
            raise QuotaExceeded(f"{self._reason} for this client{named}; try again later.", retry_after=self._held_s)
        spare = self._spare if self._has_less_than_others(client) else 0
        full = self._in_use + amount > self._limit + spare
        slow = not own and not spare and self._holders >= _FEW and self._holders * self._pace_s > self._longest_s
        if self._holders > own and (full or slow):
            named = f" ({self._setting})" if self._setting else ""
            raise Overloaded(f"{self._reason}{named}; try again later.", retry_after=self._held_s)

    def _has_less_than_others(self, client: str) -> bool:
        return bool(client) and self._holdings[client] * len(self._holdings) < self._holders

    def _learn(self, held_s: float, holders: int) -> None:
        """One holder's time among `holders` says how fast they finish (Little's law)."""
        self._held_s += _WEIGHT_OF_THE_LAST * (held_s - self._held_s)
        self._pace_s += _WEIGHT_OF_THE_LAST * (held_s / holders - self._pace_s)
