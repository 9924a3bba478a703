"""A video file, played at its own speed, over and over or once."""

import math
import time
from pathlib import Path

import cv2

from capture.errors import SourceEnded, SourceLost
from capture.pacing import Clock, Sleep
from capture.source import CapturedImage
from contracts.errors import ConfigurationError

_USUAL_FPS = 25.0
_FASTEST_FPS = 240.0


class VideoFile:
    """Every image has its time: a late reader gets the one that is due, and an early reader waits for it."""

    def __init__(
        self,
        path: Path,
        *,
        once: bool = False,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        """Open the file.

        Args:
            path: the file.
            once: end after the last image.
            clock: gives seconds since 1970.
            monotonic: gives seconds and never goes back.
            sleep: waits for a number of seconds.

        Raises:
            ConfigurationError: it is no video that can be read.
        """
        self.name = f"The video {path.name}"
        self._path, self._once = path, once
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._check()
        self._capture = self._open()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if math.isfinite(fps) and 0 < fps <= _FASTEST_FPS else _USUAL_FPS
        self._began = monotonic()
        self._position = 0  # images taken since `_began`

    def read(self) -> CapturedImage | None:
        """The image that is due now, or the next one as soon as it is.

        Returns:
            None if that image is damaged.

        Raises:
            SourceLost: the file has gone or holds no images any more.
            SourceEnded: all images have been shown.
        """
        elapsed = self._monotonic() - self._began
        due = int(elapsed * self._fps) + 1
        if due <= self._position:
            self._sleep(self._position / self._fps - elapsed)
            due = self._position + 1
        elif due > self._position + self._fps:  # more than a second late: go on from here instead of catching up
            self._began = self._monotonic() - self._position / self._fps
            due = self._position + 1
        while self._position < due:
            self._grab()
        decoded, image = self._capture.retrieve()
        return CapturedImage(image, self._clock()) if decoded else None

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _grab(self) -> None:
        if not self._capture.grab():
            if self._once:
                raise SourceEnded(f"{self.name} has been shown to its end.")
            self._capture.release()
            self._capture = self._open()
            if not self._capture.grab():
                raise SourceLost(f"{self.name} has gone, or holds no images that can be read any more.")
        self._position += 1

    def _check(self) -> None:
        capture = self._open()
        readable = capture.grab()
        capture.release()
        if not readable:
            raise ConfigurationError("this file holds no pictures that can be read. Give a video such as MP4 or AVI.")

    def _open(self) -> cv2.VideoCapture:
        """The file from its beginning; what cannot be opened gives no image."""
        return cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
