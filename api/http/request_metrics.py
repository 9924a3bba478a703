"""Counts of answered requests, gathered in the process and added to the shared counters now and then."""

import threading
from collections import Counter

from contracts.metrics import HTTP_REQUESTS, HTTP_SECONDS, metric_key
from contracts.storage.counters import CounterStore


class RequestCounter:
    """Cheap to add to on every request; `flush` moves what was counted into Redis, where all processes' sums meet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: Counter[str] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is the pattern, not the address, so labels stay few."""
        with self._lock:
            self._pending[metric_key(HTTP_REQUESTS, method=method, route=route, status=str(status))] += 1
            self._pending[metric_key(HTTP_SECONDS, method=method, route=route)] += seconds  # type: ignore[assignment]

    def flush(self, counters: CounterStore) -> None:
        """Add what was counted since the last time.

        Raises:
            BrokerUnavailable: nothing was lost; the next flush tries again.
        """
        with self._lock:
            pending, self._pending = self._pending, Counter()
        if not pending:
            return
        try:
            counters.add(dict(pending))
        except Exception:
            with self._lock:
                self._pending.update(pending)
            raise
