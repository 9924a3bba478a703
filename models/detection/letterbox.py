"""Brings an image of any shape to the network's input size without distorting it."""

from typing import NamedTuple

import cv2
import numpy as np

from models.detection.base import BgrImage


class Letterboxed(NamedTuple):
    """An image in the upper left corner of a black input."""

    pixels: BgrImage
    """uint8 [height, width, 3], red first."""
    scale_x: float
    """Pixels of the input for one pixel of the image."""
    scale_y: float


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
    way = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR  # below a half, linear would skip pixels
    small = cv2.resize(image, (new_wide, new_tall), interpolation=way) if scale != 1 else image
    pixels = np.zeros((height, width, 3), np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=pixels[:new_tall, :new_wide])
    return Letterboxed(pixels, new_wide / wide, new_tall / tall)
