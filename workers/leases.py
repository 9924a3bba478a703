"""Jobs that this process is working on: their leases are renewed, and a stuck one is noticed.

A thread cannot be killed from outside. So a job that runs for longer than the time limit is ended as failed, and this
process ends, to be started afresh. It is not tried a second time: that would take as long again. A job may pause while
its thread works on another: that time belongs to the other job, which has a lease and a limit of its own.

Of jobs that are analysed together one is stuck only if the decoding of its own image is. If all of them do not go on,
that is the fault of none: this process ends, and they are left to their leases.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from contracts.storage.jobs import JobStore


class Lease:
    """The time that one job takes. Its thread pauses it; other threads may read it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin now; `clock` gives seconds, and never goes back."""
        self._clock = clock
        self._counted: tuple[float, float | None] = (0.0, clock())
        """Seconds up to the last change, and when it began to run again; replaced as one, for readers need no lock."""
        self.paused_s = 0.0
        """How long it has been paused."""

    @property
    def own_s(self) -> float:
        """Seconds since it began, without those in which it was paused."""
        before, running_since = self._counted
        return before if running_since is None else before + self._clock() - running_since

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Count nothing while the block runs. The lease is renewed meanwhile as it is otherwise."""
        begun = self._clock()
        self._counted = (self.own_s, None)
        try:
            yield
        finally:
            now = self._clock()
            self._counted = (self._counted[0], now)
            self.paused_s += now - begun


class Leases:
    """Registry of jobs in work. Thread-safe."""

    def __init__(self, jobs: JobStore, time_limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch jobs of this process.

        Args:
            jobs: where leases are renewed.
            time_limit_s: seconds of its own after which a job is stuck.
            clock: gives seconds; it never goes back.
        """
        self._jobs = jobs
        self._time_limit_s = time_limit_s
        self._clock = clock
        self._held: dict[Lease, tuple[str, str]] = {}
        self._together: set[Together] = set()
        self._waiting: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def held(self, job_id: str, owner: str) -> Iterator[Lease]:
        """Keep `owner`'s lease on the job while the block runs. Several threads may, each for an image of it."""
        lease = Lease(self._clock)
        with self._lock:
            self._held[lease] = job_id, owner
        try:
            yield lease
        finally:
            with self._lock:
                del self._held[lease]

    @contextmanager
    def together(self) -> Iterator["Together"]:
        """Jobs whose leases are kept by `waiting` are analysed together while the block runs, and have to go on."""
        together = Together(self, self._clock)
        with self._lock:
            self._together.add(together)
        try:
            yield together
        finally:
            with self._lock:
                self._together.remove(together)

    @contextmanager
    def waiting(self, batch: Collection[tuple[str, str]]) -> Iterator[None]:
        """Keep the leases of the jobs of a batch, as (id, owner), while the block runs and they come to their turn."""
        with self._lock:
            self._waiting.update(batch)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.difference_update(batch)

    def renew(self) -> None:
        """Prolong the leases of all jobs that are not stuck."""
        stuck = self.stuck()
        with self._lock:
            ours = {**dict(self._waiting), **dict(self._held.values())}
        self._jobs.renew({job_id: owner for job_id, owner in ours.items() if job_id not in stuck})

    def stuck(self) -> dict[str, str]:
        """Jobs that have taken longer than the time limit by themselves, id → owner."""
        return {job_id: owner for job_id, owner, stuck in self._snapshot() if stuck}

    def hangs(self) -> bool:
        """Whether jobs that are analysed together have not gone on for as long as one may take."""
        with self._lock:
            return any(together.silent_s > self._time_limit_s for together in self._together)

    def _snapshot(self) -> list[tuple[str, str, bool]]:
        with self._lock:
            return [(*held, lease.own_s > self._time_limit_s) for lease, held in self._held.items()]


class Together:
    """Jobs that are analysed together: whether they go on. Thread-safe."""

    def __init__(self, leases: Leases, clock: Callable[[], float]) -> None:
        """Begin now; `clock` gives seconds, and never goes back."""
        self._leases, self._clock = leases, clock
        self._lock = threading.Lock()
        self._decoding, self._moved_at = 0, clock()

    @property
    def silent_s(self) -> float:
        """Seconds since an image was decoded; 0 while one is, which has a limit of its own."""
        with self._lock:
            return 0.0 if self._decoding else self._clock() - self._moved_at

    @contextmanager
    def held(self, job_id: str, owner: str) -> Iterator[None]:
        """This thread decodes an image of the job, and of no other, while the block runs."""
        self._moved(1)
        try:
            with self._leases.held(job_id, owner):
                yield
        finally:
            self._moved(-1)

    def _moved(self, decoding: int) -> None:
        with self._lock:
            self._decoding, self._moved_at = self._decoding + decoding, self._clock()
