"""What devices and network cameras share: images come at the camera's own rate, and the connection may be lost."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import cv2

from capture.pacing import Clock, backoff_delays
from capture.source import CapturedImage

logger = logging.getLogger(__name__)
_READ_TIMEOUT_S = 1.0
_JOIN_TIMEOUT_S = 1.0


class LiveSource:
    """Grabs every image as soon as it comes, so that none grows old in a buffer.

    A thread grabs without pause and decodes only the image after each `read`. When the connection is lost it opens the
    camera again, with exponential backoff.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], cv2.VideoCapture],
        *,
        opened: cv2.VideoCapture | None = None,
        pauses: Callable[[], Iterator[float]] = backoff_delays,
        clock: Clock = time.time,
    ) -> None:
        """Start to read.

        Args:
            name: how log lines call the camera.
            connect: opens the camera; may take seconds, and may fail by what it returns.
            opened: a connection that exists already, used before `connect` is called.
            pauses: seconds to wait before each further attempt to connect.
            clock: gives seconds since 1970.
        """
        self.name = name
        self._connect = connect
        self._pauses = pauses
        self._clock = clock
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._wanted = False
        self._captured: CapturedImage | None = None
        # A daemon, because opening a camera that does not answer can take seconds and cannot be interrupted.
        self._thread = threading.Thread(target=self._run, args=(opened,), name="camera", daemon=True)
        self._thread.start()

    def read(self) -> CapturedImage | None:
        """The next image that comes.

        Returns:
            None if none comes within a second.
        """
        with self._changed:
            self._wanted = True
            self._changed.wait_for(lambda: self._captured is not None, _READ_TIMEOUT_S)
            captured, self._captured = self._captured, None
            return captured

    def close(self) -> None:
        """End the thread and the connection."""
        self._closing.set()
        self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self, capture: cv2.VideoCapture | None) -> None:
        pauses, broken = self._pauses(), False
        while not self._closing.is_set():
            if self._grab_until_lost(capture, came_back=broken):
                pauses, broken = self._pauses(), False
            capture = None
            if self._closing.is_set():
                return
            if not broken:
                logger.warning("%s sends no pictures; trying again until it does.", self.name)
            broken = True
            self._closing.wait(next(pauses))

    def _grab_until_lost(self, capture: cv2.VideoCapture | None, *, came_back: bool) -> bool:
        """Grab images until the connection is lost, and close it.

        Returns:
            Whether there was any image.
        """
        any_came = False
        try:
            capture = capture or self._connect()
            while not self._closing.is_set() and capture.grab():
                if not any_came:
                    any_came = True
                    logger.log(logging.WARNING if came_back else logging.INFO, "%s sends pictures.", self.name)
                if self._wanted:
                    self._decode(capture)
        except cv2.error as error:  # what OpenCV cannot read is no better than silence
            logger.debug("%s: %s", self.name, error)
        if capture is not None:
            capture.release()
        return any_came

    def _decode(self, capture: cv2.VideoCapture) -> None:
        taken_at = self._clock()
        decoded, image = capture.retrieve()
        if not decoded:
            return
        with self._changed:
            self._captured, self._wanted = CapturedImage(image, taken_at), False
            self._changed.notify()
