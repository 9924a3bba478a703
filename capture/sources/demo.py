"""A camera for machines that have none: a public-domain photo that drifts and breathes."""

import math
import time
from pathlib import Path

import cv2
import numpy as np

from capture.pacing import Clock
from capture.source import BgrImage, CapturedImage

WIDTH, HEIGHT = 640, 480
"""Pixels."""

PHOTO = Path(__file__).with_name("astronaut.jpg")
"""NASA's portrait of Eileen Collins (https://flic.kr/p/r9qvLn, in the public domain), cut to 512x512 pixels."""

_HEAD = (slice(0, 300), slice(60, 400))  # rows, columns of the photo: head and shoulders
_BACKGROUND = (96, 84, 72)
_SCALE, _SCALE_SWING = 1.35, 0.12  # the face, about 95 pixels wide in the photo, becomes 115 to 140
_DRIFT_X, _DRIFT_Y = 90, 40  # pixels to either side
_PERIODS_S = (11.0, 7.0, 17.0)  # of x, y and size; without a common divisor the path does not repeat for minutes


class DemoCamera:
    """NASA's portrait of Eileen Collins, moving gently over a plain background."""

    name = "The demo camera"

    def __init__(self, *, clock: Clock = time.time) -> None:
        """Read the portrait; `clock` gives seconds since 1970."""
        self._clock = clock
        self._photo = portrait()[_HEAD]

    def read(self) -> CapturedImage:
        """The image of this moment; the same moment gives the same image."""
        now = self._clock()
        return CapturedImage(self._draw(now), now)

    def close(self) -> None:
        """Nothing is held open."""

    def _draw(self, moment: float) -> BgrImage:
        x, y, size = (math.sin(2 * math.pi * moment / period) for period in _PERIODS_S)
        height, width = self._photo.shape[:2]
        scale = _SCALE + _SCALE_SWING * size
        left = WIDTH / 2 + _DRIFT_X * x - scale * width / 2
        top = HEIGHT / 2 + _DRIFT_Y * y - scale * height / 2
        matrix = np.array([[scale, 0, left], [0, scale, top]])
        drawn: BgrImage = cv2.warpAffine(self._photo, matrix, (WIDTH, HEIGHT), borderValue=_BACKGROUND)
        return drawn


def portrait() -> BgrImage:
    """Read the whole photo."""
    photo = cv2.imdecode(np.frombuffer(PHOTO.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(photo, dtype=np.uint8)
