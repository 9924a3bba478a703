"""One camera, from the read to Redis."""

import logging
from collections.abc import Callable

from capture.encoding import encode
from capture.pacing import Pacer
from capture.source import FrameSource
from contracts.errors import MienError
from contracts.frames import Frame, FrameStamp
from contracts.queues import LIVE
from contracts.settings import Settings
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
        settings: Settings,
        source: FrameSource,
        frames: FrameStore,
        jobs: JobStore,
        dispatcher: Dispatcher,
    ) -> None:
        """Prepare to publish under the name that the settings give.

        Args:
            settings: name, rate and limits of the camera.
            source: where images come from.
            frames: where frames go.
            jobs: tells how long the queue of requests is.
            dispatcher: sends requests for analysis.
        """
        self._name = settings.camera
        self._source = source
        self._frames = frames
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._pacer = Pacer(settings.camera_fps)
        self._stamp: FrameStamp | None = None
        """Of the frame before; none until Redis has said where to begin."""
        self._problem = ""

    def run(self, until: Callable[[], bool]) -> None:
        """Publish `until` is true; it is looked at before each frame.

        Raises:
            SourceLost: the source has come to an end.
        """
        logger.info("%s is published as %r.", self._source.name, self._name)
        while not until():
            self._pacer.wait()
            self.step()

    def step(self) -> bool:
        """Read one image and publish it.

        Returns:
            False if there was none, or it could not be published.
        """
        captured = self._source.read()
        if captured is None:
            return False
        jpeg = encode(captured.image)
        try:
            before = self._stamp or self._frames.begin(self._name)
            self._stamp = FrameStamp(before.epoch, before.sequence + 1)
            frame = Frame(self._name, self._stamp, captured.taken_at, jpeg)
            problem = "" if self._publish(frame) else self._refused()
        except MienError as error:  # the camera stays open: the next image is worth more than this one
            problem = str(error)
        self._report(problem)
        return not problem

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
        return f"Another capture publishes as {self._name!r}; set MIEN_CAMERA."

    def _report(self, problem: str) -> None:
        """Say it once when something begins to go wrong, and once when it is over."""
        if problem and problem != self._problem:
            logger.warning("Frames are dropped. %s", problem)
        elif self._problem and not problem:
            logger.warning("Frames are published again.")
        self._problem = problem
