"""A video file, played over and over at its own speed."""

import math
import time
from pathlib import Path

import cv2

from capture.pacing import Clock, Sleep
from capture.source import SETTING, CapturedImage
from contracts.errors import ConfigurationError

_USUAL_FPS = 25.0
_FASTEST_FPS = 240.0


class VideoFile:
    """Every picture has its time; whoever comes late gets the one that is due, and whoever comes early waits."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.name = f"The video {path.name}"
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._capture = self._open()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if math.isfinite(fps) and 0 < fps <= _FASTEST_FPS else _USUAL_FPS
        self._began = monotonic()
        self._position = 0  # pictures taken since `_began`

    def read(self) -> CapturedImage | None:
        """The picture that is due now, or the next one when it is; None if that one is damaged.

        Raises:
            ConfigurationError: the file has gone or holds no pictures any more.
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
        sound, picture = self._capture.retrieve()
        return CapturedImage(picture, self._clock()) if sound else None

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _grab(self) -> None:
        if not self._capture.grab():
            self._capture.release()
            self._capture = self._open()
            if not self._capture.grab():
                raise self._unreadable()
        self._position += 1

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._unreadable()
        return capture

    def _unreadable(self) -> ConfigurationError:
        return ConfigurationError(
            f"{SETTING}={self._path}: this file holds no pictures that can be read. Give a video such as MP4 or AVI.",
            field=SETTING,
        )
