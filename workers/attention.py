"""Whether this worker is given work: one that is idle beside work that waits is deaf, and connects to the broker anew.

Its connection may be sound in all that can be seen of it, and lead to a server that others no longer write to, or a
slot of the consumer may have been lost. What tells is that a thread has nothing to do, and a job stays where it is.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.storage.heartbeat import UNTAKEN_AFTER_S, HeartbeatStore

logger = logging.getLogger(__name__)


class Attention:
    """How long a thread has been free without being given anything. Thread-safe."""

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin now.

        Args:
            threads: that take work.
            clock: gives seconds; it never goes back.
        """
        self._threads, self._clock = threads, clock
        self._lock = threading.Lock()
        self._busy = 0
        self._changed_at = clock()
        self._ended = False

    @property
    def idle_s(self) -> float:
        """Seconds since a task began or ended, or work could be given again; 0 while no thread is free."""
        with self._lock:
            takes_none = self._ended or self._busy >= self._threads
            return 0.0 if takes_none else self._clock() - self._changed_at

    @property
    def is_free(self) -> bool:
        """Whether a thread has nothing to do at this moment."""
        with self._lock:
            return self._busy < self._threads

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A thread is busy while the block runs."""
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def begin(self) -> None:
        """Count from now on: the worker is about to be connected, or could not be given work until now."""
        self._change(0)

    def end(self) -> None:
        """Count no more: the worker takes nothing because it stops."""
        self._ended = True

    def _change(self, busy: int) -> None:
        with self._lock:
            self._busy += busy
            self._changed_at = self._clock()


def connect_if_deaf(attention: Attention, heartbeats: HeartbeatStore, name: str, connect: Callable[[], None]) -> None:
    """Connect anew if work waits that this worker, which is idle, is not given.

    Args:
        attention: of this worker.
        heartbeats: reports, with that of this worker.
        name: under which it reports.
        connect: called to connect anew.

    Raises:
        BrokerUnavailable: Redis does not answer.
    """
    if attention.idle_s < UNTAKEN_AFTER_S:
        return
    own = [worker for worker in heartbeats.live_workers() if worker.name == name]
    if untaken := heartbeats.untaken(own):
        queues = ", ".join(work.queue for work in untaken)
        logger.error("jobs wait in %s, and this worker, which is idle, is given none: it connects anew", queues)
        attention.begin()
        connect()
