"""Jobs that this process is working on: their leases are renewed, and a stuck one is noticed.

A thread cannot be killed from outside. So a job that runs for longer than any honest one loses its lease, another
worker gets it, and this process ends, to be started afresh.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.job_store import JobStore


class Leases:
    """Registry of jobs in work. Thread-safe."""

    def __init__(
        self, jobs: JobStore, owner: str, time_limit_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = jobs
        self._owner = owner
        self._time_limit_s = time_limit_s
        self._clock = clock
        self._begun: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, job_id: str) -> Iterator[None]:
        """Keep the job's lease while the block runs."""
        with self._lock:
            self._begun[job_id] = self._clock()
        try:
            yield
        finally:
            with self._lock:
                del self._begun[job_id]

    def renew(self) -> None:
        """Prolong the leases of all jobs that are not stuck."""
        self._jobs.renew(self._owner, [job_id for job_id, stuck in self._snapshot() if not stuck])

    def stuck(self) -> list[str]:
        """Jobs that have been running for longer than the time limit."""
        return [job_id for job_id, stuck in self._snapshot() if stuck]

    def _snapshot(self) -> list[tuple[str, bool]]:
        now = self._clock()
        with self._lock:
            return [(job_id, now - begun > self._time_limit_s) for job_id, begun in self._begun.items()]
