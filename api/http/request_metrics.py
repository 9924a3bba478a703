"""What a gateway counts of its own requests and jobs, with prometheus_client.

Under gunicorn each process keeps its numbers in a file of its own in one folder, by prometheus_client's multiprocess
mode (`api.server` sets it up), so that whichever process is asked tells of all of them, and a process that ends takes
nothing along. Elsewhere, as in tests, they are in memory.
"""

import os
import time
from collections import Counter as Count
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import prometheus_client
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from api.http.ended_processes import COUNTS, reading
from contracts import metrics

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""Others are counted together: clients invent as many as they like."""
_PARTS: Final = 1 << 20
"""Of a second, about a microsecond each. Sums of whole ones are exact, so it does not matter in which order they are
added, of how many files: a sum that was lower by its last digit than the time before would count as begun anew."""


class RequestMetrics:
    """The numbers of one gateway process, and of all of its siblings. Thread-safe; some microseconds a request."""

    def __init__(self) -> None:
        """Begin with nothing."""
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._requests = self._counter(metrics.HTTP_REQUESTS)
        self._problems = self._counter(metrics.HTTP_PROBLEMS)
        self._accepted = self._counter(metrics.JOBS_ACCEPTED)
        self._images = self._counter(metrics.IMAGES_ACCEPTED)
        self._refused = self._counter(metrics.JOBS_REFUSED)
        self._seconds = Histogram(
            metrics.HTTP_DURATION,
            metrics.METRICS[metrics.HTTP_DURATION].help,
            metrics.METRICS[metrics.HTTP_DURATION].labels,
            registry=self._registry,
            buckets=metrics.METRICS[metrics.HTTP_DURATION].buckets,
        )
        self._waiting, self._senders, self._viewers = (
            self._gauge(name) for name in (metrics.JOBS_WAITED_FOR, metrics.SENDERS, metrics.VIEWERS)
        )
        self._viewed = set[str]()

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
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(int(seconds * _PARTS) / _PARTS)

    def accepted(self, queue: str, images: int) -> None:
        """Count a job that was stored, and its images."""
        self._accepted.labels(queue).inc()
        self._images.labels(queue).inc(images)

    def refused(self, queue: str, reason: str) -> None:
        """Count a job that was held back; `reason` is one of `contracts.metrics.REFUSALS`."""
        self._refused.labels(queue, reason).inc()

    def now(self, *, waiting: int, senders: int, viewers: Mapping[str, int]) -> None:
        """Note how many clients wait in this process, send their camera to it, and look at each camera."""
        self._waiting.set(waiting)
        self._senders.set(senders)
        shown = Count(viewers)
        for camera in self._viewed | set(shown):  # who has left has to be told, too
            self._viewers.labels(camera).set(shown[camera])
        self._viewed |= set(shown)

    def collect(self) -> list[Family]:
        """What all processes of this gateway have counted; cameras that nobody looks at are left out."""
        families = [family for family in self._read() if family.samples]
        for family in families:
            if family.name == metrics.VIEWERS:
                family.samples = [sample for sample in family.samples if sample.value]
        return families

    def _read(self) -> list[Family]:
        if not getattr(ValueClass, "_multiprocess", False):
            return list(self._registry.collect())
        folder = os.environ[COUNTS]
        with reading(Path(folder)):
            return list(MultiProcessCollector(None, folder).collect())  # type: ignore[no-untyped-call]

    def _counter(self, name: str) -> Counter:
        known = metrics.METRICS[name]
        made = Counter(name, known.help, known.labels, registry=self._registry)
        for values in known.always:
            made.labels(*values)
        return made

    def _gauge(self, name: str) -> Gauge:
        """One that sums up over living processes."""
        known = metrics.METRICS[name]
        return Gauge(name, known.help, known.labels, registry=self._registry, multiprocess_mode="livesum")

    def _count(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        self.add(request.method, route, response.status_code, time.perf_counter() - g.started)
        problem: Any = g.get("problem")
        if problem is not None:
            self._problems.labels(problem).inc()
        return response


def _note_start() -> None:
    g.started = time.perf_counter()
