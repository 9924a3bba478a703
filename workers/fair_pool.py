"""Threads that no party can have all of: work that belongs to a busy party waits, and lets other work pass."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], None]


class FairPool:
    """Runs work on threads of its own, in order, but for the work of parties that have their share of the threads."""

    def __init__(self, name: str, *, threads: int, share: int, waiting: int) -> None:
        """Start no thread yet.

        Args:
            name: of the threads.
            threads: how many there are.
            share: how many a party may have at the same time.
            waiting: how much work of a party may wait.
        """
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free, self._share, self._most_waiting = threads, share, waiting
        self._lock = threading.Lock()
        self._running, self._waiting = Counter[str](), Counter[str]()
        self._queue: deque[tuple[tuple[str, ...], Work]] = deque()

    def submit(self, parties: Collection[str], work: Work) -> bool:
        """Run work soon.

        Args:
            parties: to which it belongs; each of them needs a share left.
            work: what to do; it raises nothing.

        Returns:
            False if one of the parties has too much waiting already.
        """
        with self._lock:
            if any(self._waiting[party] >= self._most_waiting for party in parties):
                return False
            self._queue.append((tuple(parties), work))
            self._waiting.update(parties)
            self._start()
        return True

    def close(self) -> None:
        """Finish what is running, and forget what waits."""
        with self._lock:
            self._queue.clear()
        self._executor.shutdown(cancel_futures=True)

    def _start(self) -> None:
        for entry in list(self._queue):
            parties, work = entry
            if not self._free:
                return
            if all(self._running[party] < self._share for party in parties):
                self._queue.remove(entry)
                self._free -= 1
                self._waiting.subtract(parties)
                self._running.update(parties)
                self._executor.submit(self._run, parties, work)

    def _run(self, parties: tuple[str, ...], work: Work) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._free += 1
                self._running.subtract(parties)
                for counter in (self._running, self._waiting):
                    for party in parties:
                        if not counter[party]:
                            del counter[party]
                self._start()
