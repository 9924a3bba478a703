"""One camera, from the read to Redis."""

import logging

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
    """Publishes the newest picture at a steady rate, and asks for its analysis while few requests are in flight."""

    def __init__(
        self,
        settings: Settings,
        source: FrameSource,
        frames: FrameStore,
        jobs: JobStore,
        dispatcher: Dispatcher,
        *,
        epoch: int,
    ) -> None:
        self._name = settings.camera
        self._source = source
        self._frames = frames
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._pacer = Pacer(settings.camera_fps)
        self._stamp = FrameStamp(epoch, 0)
        self._trouble = ""

    def run(self) -> None:
        """Publish until the process is told to end.

        Raises:
            ConfigurationError: the source has come to an end for good.
        """
        logger.info("%s is published as %r.", self._source.name, self._name)
        while True:
            self._pacer.wait()
            self.step()

    def step(self) -> bool:
        """Read one picture and publish it. False: there was none, or it could not be published."""
        captured = self._source.read()
        if captured is None:
            return False
        self._stamp = FrameStamp(self._stamp.epoch, self._stamp.sequence + 1)
        frame = Frame(self._name, self._stamp, captured.taken_at, encode(captured.image))
        try:
            trouble = "" if self._publish(frame) else f"Another capture publishes as {self._name!r}; set MIEN_CAMERA."
        except MienError as error:  # the camera stays open: the next picture is worth more than this one
            trouble = str(error)
        self._report(trouble)
        return not trouble

    def _publish(self, frame: Frame) -> bool:
        if not self._frames.publish(frame):
            return False
        token = f"{frame.stamp.epoch}-{frame.stamp.sequence}"
        if self._jobs.queue_depth(LIVE) < LIVE_QUEUE_LIMIT and self._frames.ask(self._name, token):
            self._dispatcher.frame(self._name, token)
        return True

    def _report(self, trouble: str) -> None:
        """Say it once when something begins to go wrong, and once when it is over."""
        if trouble and trouble != self._trouble:
            logger.warning("Frames are dropped. %s", trouble)
        elif self._trouble and not trouble:
            logger.warning("Frames are published again.")
        self._trouble = trouble
