"""Brings a picture of any shape to the network's input size without distorting it."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from models.detection.base import Image

HALF: Final = 2.01
"""A little more than twice the size is halved by the linear interpolation just as well."""


class Letter(NamedTuple):
    """A picture in the upper left corner of a black input."""

    pixels: Image
    """uint8 [height, width, 3], red first."""
    scale_x: float
    """Pixels of the input for one pixel of the picture."""
    scale_y: float


def reduced(image: Image, height: int, width: int) -> Image:
    """Halve a picture until it is less than twice as large as what fits into ``height`` x ``width``.

    Below a half, linear interpolation would skip pixels; this takes a third of the time of ``INTER_AREA`` at once, and
    pictures were made smaller in the same way in the training.
    """
    while max(image.shape[0] / height, image.shape[1] / width) > HALF and min(image.shape[:2]) > 1:
        image = np.asarray(
            cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
        )
    return image


def letterbox(image: Image, height: int, width: int) -> Letter:
    """Fit a picture (blue first) into ``height`` x ``width`` and turn it to RGB; the rest stays black."""
    tall, wide = image.shape[:2]
    scale = min(height / tall, width / wide)
    new_tall, new_wide = (min(max(round(side * scale), 1), most) for side, most in ((tall, height), (wide, width)))
    image = reduced(image, height, width)
    small = cv2.resize(image, (new_wide, new_tall), interpolation=cv2.INTER_LINEAR) if scale != 1 else image
    pixels = np.zeros((height, width, 3), np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=pixels[:new_tall, :new_wide])
    return Letter(pixels, new_wide / wide, new_tall / tall)
