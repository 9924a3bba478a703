"""Counts of answered requests, gathered in the process and added to the shared counters now and then."""

import threading
import time
from collections import Counter
from typing import Final

from flask import Flask, Response, g, request

from contracts.metrics import HTTP_REQUESTS, HTTP_SECONDS, metric_key
from contracts.storage.counters import CounterStore

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""Others are counted together: clients invent as many as they like."""


class RequestMetrics:
    """Cheap to add to on every request; `flush` moves what was counted into Redis, where all processes' sums meet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: Counter[str] = Counter()

    def install(self, app: Flask) -> None:
        """Count every request of this application."""
        app.before_request(_note_start)
        app.after_request(self._count)

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Args:
            method: as the client wrote it.
            route: the pattern, not the address, so that labels stay few.
            status: of the answer.
            seconds: from the first hook to the last one.
        """
        method = method if method in _METHODS else "other"
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

    def _count(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        self.add(request.method, route, response.status_code, time.perf_counter() - g.started)
        return response


def _note_start() -> None:
    g.started = time.perf_counter()
