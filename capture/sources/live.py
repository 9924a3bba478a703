"""What devices and network cameras share: images come at the camera's own rate, and the connection may be lost."""

import logging
import threading
import time
from collections.abc import Callable

import cv2

from capture.errors import ConnectionLost
from capture.pacing import Clock
from capture.source import CapturedImage

logger = logging.getLogger(__name__)
_READ_TIMEOUT_S = 1.0
_JOIN_TIMEOUT_S = 1.0


class LiveSource:
    """Grabs every image as soon as it comes, so that none grows old in a buffer.

    A thread grabs without pause and decodes only the image after each `read`. A connection that is lost is not opened
    again: this process ends, and the supervisor starts another one.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], cv2.VideoCapture],
        explain: Callable[[], str],
        *,
        clock: Clock = time.time,
    ) -> None:
        """Start to read.

        Args:
            name: how log lines call the camera.
            connect: opens the camera; may take seconds, and may fail by what it returns.
            explain: says why it sends no pictures, if it has sent none; may take seconds.
            clock: gives seconds since 1970.
        """
        self.name = name
        self._connect = connect
        self._explain = explain
        self._clock = clock
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._wanted = False
        self._captured: CapturedImage | None = None
        self._lost = ""
        # A daemon, because opening a camera that does not answer can take seconds and cannot be interrupted.
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def read(self) -> CapturedImage | None:
        """The next image that comes.

        Returns:
            None if none comes within a second.

        Raises:
            ConnectionLost: none will come.
        """
        with self._changed:
            self._wanted = True
            self._changed.wait_for(lambda: self._captured is not None or self._lost, _READ_TIMEOUT_S)
            captured, self._captured = self._captured, None
            if captured is None and self._lost:
                raise ConnectionLost(self._lost)
            return captured

    def close(self) -> None:
        """End the thread and the connection."""
        self._closing.set()
        self._thread.join(_JOIN_TIMEOUT_S)

    def _run(self) -> None:
        any_came = self._grab_until_lost()
        why = "" if self._closing.is_set() else "the connection was lost" if any_came else self._explain()
        with self._changed:
            self._lost = why
            self._changed.notify()

    def _grab_until_lost(self) -> bool:
        """Grab images until the connection is lost, and close it.

        Returns:
            Whether there was any image.
        """
        any_came, capture = False, None
        try:
            capture = self._connect()
            while not self._closing.is_set() and capture.grab():
                any_came = True
                if self._wanted:
                    self._decode(capture)
        except cv2.error:  # what OpenCV cannot read is no better than silence; its text may have the address in it
            logger.debug("%s: OpenCV cannot read what it sends.", self.name)
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
