"""Jobs that this process is working on: their leases are renewed, and a stuck one is noticed.

A thread cannot be killed from outside. So a job that runs for longer than the time limit is ended as failed, and this
process ends, to be started afresh. It is not tried a second time: that would take as long again.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.storage.jobs import JobStore


class Leases:
    """Registry of jobs in work. Thread-safe."""

    def __init__(self, jobs: JobStore, time_limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch jobs of this process.

        Args:
            jobs: where leases are renewed.
            time_limit_s: seconds after which a job is stuck.
            clock: gives seconds; it never goes back.
        """
        self._jobs = jobs
        self._time_limit_s = time_limit_s
        self._clock = clock
        self._begun: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, job_id: str, owner: str) -> Iterator[None]:
        """Keep `owner`'s lease on the job while the block runs."""
        with self._lock:
            self._begun[job_id, owner] = self._clock()
        try:
            yield
        finally:
            with self._lock:
                del self._begun[job_id, owner]

    def renew(self) -> None:
        """Prolong the leases of all jobs that are not stuck."""
        self._jobs.renew({job_id: owner for job_id, owner, stuck in self._snapshot() if not stuck})

    def stuck(self) -> dict[str, str]:
        """Jobs that have been running for longer than the time limit, id → owner."""
        return {job_id: owner for job_id, owner, stuck in self._snapshot() if stuck}

    def _snapshot(self) -> list[tuple[str, str, bool]]:
        now = self._clock()
        with self._lock:
            return [(*held, now - begun > self._time_limit_s) for held, begun in self._begun.items()]
