"""How much of a server's append-only file is on its disk for certain: what a power cut would leave.

The server syncs its file on a thread that sleeps otherwise, and Linux counts how often a thread has gone to sleep.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_THREAD: Final = "bio_aof"
_SWITCHES: Final = "voluntary_ctxt_switches:"
_EVERY_S: Final = 0.005
_ONE_SYNC_S: Final = 0.5
"""The thread also sleeps while it syncs, for the disk: what is seen so soon after a sync is its end."""


class OnDisk:
    """Looks at a file, and at the thread that syncs it, every few milliseconds."""

    def __init__(self, server: int, file: Path) -> None:
        """Watch.

        Args:
            server: its process.
            file: to which it appends.
        """
        tasks = Path(f"/proc/{server}/task")
        (self._thread,) = [task for task in tasks.iterdir() if (task / "comm").read_text().strip() == _THREAD]
        self._file, self._stopped = file, threading.Event()
        self.size = self.syncs = 0
        """Bytes that are on the disk for certain, and how often it was seen that there are more."""
        self._synced_at = time.monotonic()

    @property
    def unsynced_s(self) -> float:
        """Seconds since the last sync."""
        return time.monotonic() - self._synced_at

    def run(self) -> None:
        """Look until stopped, or until the server is gone."""
        size, slept = self._file.stat().st_size, self._slept()
        while not self._stopped.wait(_EVERY_S):
            now = self._slept()
            if now < 0:
                return
            if now != slept and (not self.syncs or self.unsynced_s > _ONE_SYNC_S):
                self.size, self.syncs, self._synced_at = size, self.syncs + 1, time.monotonic()
            slept, size = now, self._file.stat().st_size  # what was there before the next sync began

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def cut(self) -> None:
        """Take from the file whatever may not have been on the disk."""
        with self._file.open("r+b") as file:
            file.truncate(self.size)

    def _slept(self) -> int:
        try:
            lines = (self._thread / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            return -1
        return next(int(line.removeprefix(_SWITCHES)) for line in lines if line.startswith(_SWITCHES))


@contextmanager
def watch_disk(server: int, file: Path) -> Iterator[OnDisk]:
    """Watch a server's file while the block runs."""
    watch = OnDisk(server, file)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
