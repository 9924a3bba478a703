"""Brings an image of any shape to the network's input size without distorting it."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from models.detection.base import BgrImage

HALF: Final = 2.01
"""How much larger an image may be for linear interpolation to pass over no pixel; a little more does no harm."""


class Letterboxed(NamedTuple):
    """An image in the upper left corner of a black input."""

    pixels: BgrImage
    """uint8 [height, width, 3], red first."""
    scale_x: float
    """Pixels of the input for one pixel of the image."""
    scale_y: float


def halved(image: BgrImage, height: int, width: int) -> BgrImage:
    """Halve an image until it is less than twice as large as what fits into ``height`` x ``width``.

    Below a half, linear interpolation would pass over pixels. Halving and then interpolating takes a third of the time
    of ``INTER_AREA`` at once, and training images are made smaller in the same way.
    """
    while max(image.shape[0] / height, image.shape[1] / width) > HALF and min(image.shape[:2]) > 1:
        size = (image.shape[1] // 2, image.shape[0] // 2)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image


def letterbox(image: BgrImage, height: int, width: int) -> Letterboxed:
    """Fit an image into an input.

    Args:
        image: of any size.
        height: of the input, in pixels.
        width: of the input, in pixels.

    Returns:
        The image in RGB in the upper left corner; the rest is black.
    """
    tall, wide = image.shape[:2]
    scale = min(height / tall, width / wide)
    new_tall, new_wide = (min(max(round(side * scale), 1), most) for side, most in ((tall, height), (wide, width)))
    image = halved(image, height, width)
    small = cv2.resize(image, (new_wide, new_tall), interpolation=cv2.INTER_LINEAR) if scale != 1 else image
    pixels = np.zeros((height, width, 3), np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=pixels[:new_tall, :new_wide])
    return Letterboxed(pixels, new_wide / wide, new_tall / tall)
