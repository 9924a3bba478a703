"""One camera, from the read to Redis."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from capture.encoding import encode
from capture.pacing import Pacer
from capture.rest import Rest
from capture.selection import Opened
from contracts.cameras import CameraSettings
from contracts.errors import MienError
from contracts.frames import Frame, FrameStamp
from contracts.queues import LIVE
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore

LIVE_QUEUE_LIMIT = 1_000
"""Requests for analysis waiting, of all cameras. Only workers discard expired ones, so without any worker the queue
would grow as long as a camera runs."""

logger = logging.getLogger(__name__)


class Camera:
    """Publishes the newest image at a steady rate, and requests its analysis while few requests are in flight."""

    def __init__(
        self,
        settings: CameraSettings,
        opened: Opened,
        frames: FrameStore,
        jobs: JobStore,
        dispatcher: Dispatcher,
        *,
        on_read: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to publish under the name that the settings give.

        Args:
            settings: name, rate and form of what is published.
            opened: where images come from.
            frames: where frames go.
            jobs: tells how long the queue of requests is.
            dispatcher: sends requests for analysis.
            on_read: is called after each image that has come.
        """
        self._settings = settings
        self._name = settings.name
        self._source = opened.source
        self._options = settings.options(opened.kind)
        self._on_read = on_read
        self._frames = frames
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._pacer = Pacer(settings.fps)
        rests = opened.kind == "demo" and not settings.history_s
        self._rest = Rest(frames, settings.name) if rests else None
        self._stamp: FrameStamp | None = None
        """Of the frame before; none until Redis has said where to begin."""
        self._problem = ""
        self.busy_since: float | None = None
        """Since when Redis is waited for, and not the source, by the monotonic clock."""

    def run(self, until: Callable[[], bool]) -> None:
        """Publish `until` is true; it is looked at before each frame.

        Raises:
            SourceLost: the source gives no images any more.
            SourceEnded: it has been shown once.
        """
        logger.info("%s is published as %r.", self._source.name, self._name)
        while not until():
            self._pacer.wait()
            self.step()
            if self._rest and not self._problem:
                with self._busy():
                    self._rest.wait()

    def step(self) -> bool:
        """Read one image and publish it.

        Returns:
            False if there was none, or it could not be published.
        """
        captured = self._source.read()
        if captured is None:
            return False
        self._on_read()
        jpeg = encode(captured.image, self._settings.width, self._settings.quality)
        try:
            with self._busy():
                before = self._stamp or self._frames.begin(self._name)
                self._stamp = FrameStamp(before.epoch, before.sequence + 1)
                frame = Frame(self._name, self._stamp, captured.taken_at, jpeg, options=self._options)
                problem = "" if self._publish(frame) else self._refused()
        except MienError as error:  # the camera stays open: the next image is worth more than this one
            problem = str(error)
        self._report(problem)
        return not problem

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self.busy_since = time.monotonic()
        try:
            yield
        finally:
            self.busy_since = None

    def _publish(self, frame: Frame) -> bool:
        if not self._frames.publish(frame):
            return False
        token = f"{frame.stamp.epoch}-{frame.stamp.sequence}"
        if self._jobs.queue_depth(LIVE) < LIVE_QUEUE_LIMIT and self._frames.reserve_request(self._name, token):
            self._dispatcher.frame(self._name, token)
        return True

    def _refused(self) -> str:
        """Why a frame was not taken. Nothing newer is there once the other capture has ended: then this one goes on."""
        if self._frames.captured_at(self._name) is None:
            self._stamp = None
        return f"Another capture publishes as {self._name!r}; give one of them another name."

    def _report(self, problem: str) -> None:
        """Say it once when something begins to go wrong, and once when it is over."""
        if problem and problem != self._problem:
            logger.warning("Frames are dropped. %s", problem)
        elif self._problem and not problem:
            logger.warning("Frames are published again.")
        self._problem = problem
