"""One look at the events of all cameras for all clients of a process, however many listen."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Final

from contracts.errors import MienError
from contracts.storage.events import EventStore, StoredEvent
from contracts.storage.frames import FrameStore

LOOK_S: Final = 0.5
_WANT_EVERY_S: Final = 2.0
_REMEMBERED: Final = 1_000
"""Events that clients are told from here; who is further behind reads them for itself."""

logger = logging.getLogger(__name__)

Place = tuple[int, int]


class EventHub:
    """Looks while somebody listens."""

    def __init__(self, events: EventStore, frames: FrameStore) -> None:
        """Nothing is asked of Redis yet."""
        self._events, self._frames = events, frames
        self._lock = threading.Lock()
        self._listeners: Counter[str | None] = Counter()
        """By the camera that they listen to; None: to all."""
        self._remembered: deque[tuple[Place, StoredEvent]] = deque()
        self._from: Place | None = None
        """Events after this one are remembered; none: nothing is known yet."""
        self._last = ""
        self._error: MienError | None = None
        self._thread: threading.Thread | None = None
        self._looking = False
        self._closed = threading.Event()

    def close(self) -> None:
        """Stop looking; returns within a moment."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join(2 * LOOK_S)

    @contextmanager
    def listening(self, camera: str | None) -> Iterator[None]:
        """A block in which somebody listens to this camera, or to all."""
        with self._lock:
            self._listeners[camera] += 1
            if not self._looking:
                self._looking, self._from, self._error = True, None, None
                self._remembered.clear()
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._listeners[camera] -= 1
                self._listeners += Counter()  # those that nobody listens to go

    def after(self, event_id: str) -> list[StoredEvent]:
        """Events after this one, the oldest first.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            place = place_of(event_id)
            if self._from is not None and place >= self._from:
                newer = takewhile(lambda pair: pair[0] > place, reversed(self._remembered))
                return [event for _, event in newer][::-1]
        return self._events.after(event_id)

    def _run(self) -> None:
        wanted_at = float("-inf")
        while True:
            with self._lock:
                cameras = set(self._listeners)
                if not cameras:
                    self._looking = False
                    return
            try:
                if time.monotonic() >= wanted_at + _WANT_EVERY_S:
                    wanted_at = time.monotonic()
                    self._frames.want(*(self._frames.cameras() if None in cameras else [c for c in cameras if c]))
                self._look()
            except MienError as error:
                self._error = error
            except Exception:
                logger.exception("events of cameras cannot be read")
            if self._closed.wait(LOOK_S):
                return

    def _look(self) -> None:
        """Look once for what is new."""
        if self._from is None:
            newest = self._events.newest()
            with self._lock:
                self._from, self._last = place_of(newest), newest
        found = self._events.after(self._last)
        with self._lock:
            self._error = None
            self._remembered.extend((place_of(one.id), one) for one in found)
            self._last = found[-1].id if found else self._last
            while len(self._remembered) > _REMEMBERED:
                self._from, _ = self._remembered.popleft()


def place_of(event_id: str) -> Place:
    """An id as numbers, which can be compared."""
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)
