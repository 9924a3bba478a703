"""Wrong keys are answered slowly, and ever more slowly, to the address that they come from.

Only the requests with a wrong key wait: a client beside them, with the same address and a key that is right, is served
at once, as long as not too many wait there at the same time.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from contracts.errors import QuotaExceeded

_FREE: Final = 5
"""Wrong keys that are answered at once; a person mistypes."""
_FORGOTTEN_S: Final = 60.0
_FIRST_S, _LONGEST_S = 0.1, 2.0
_WAITING: Final = 10
"""Answers that wait at the same time; while they do, the address is not listened to."""
_ADDRESSES: Final = 10_000


class Failures:
    """Counts wrong keys by address, in this process."""

    def __init__(
        self, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`sleep` waits for seconds; `clock` gives seconds."""
        self._sleep, self._clock = sleep, clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._waiting: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """Refuse to look at another key of this address while too many of its wrong ones wait for an answer.

        Raises:
            QuotaExceeded: they do.
        """
        if self._waiting[address] >= _WAITING:
            raise QuotaExceeded("Too many wrong keys came from this address.", retry_after=_LONGEST_S)

    def add(self, address: str) -> None:
        """Note a wrong key, and wait before it is answered."""
        delay = self._delay(address)
        if not delay:
            return
        with self._lock:
            self._waiting[address] += 1
        try:
            self._sleep(delay)
        finally:
            with self._lock:
                self._waiting[address] -= 1
                if not self._waiting[address]:
                    del self._waiting[address]

    def _delay(self, address: str) -> float:
        now = self._clock()
        with self._lock:
            count, at = self._seen.pop(address, (0, now))
            count = 1 if now - at > _FORGOTTEN_S else count + 1
            self._seen[address] = (count, now)
            if len(self._seen) > _ADDRESSES:
                self._seen.popitem(last=False)
        return 0.0 if count <= _FREE else min(_LONGEST_S, _FIRST_S * 2.0 ** (min(count, 20) - _FREE - 1))
