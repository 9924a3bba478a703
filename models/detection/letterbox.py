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


def fitted_size(tall: int, wide: int, height: int, width: int) -> tuple[int, int]:
    """Height and width, in pixels, that an image of ``tall`` x ``wide`` has in an input of ``height`` x ``width``."""
    scale = min(height / tall, width / wide)
    fitted_tall, fitted_wide = (
        min(max(round(side * scale), 1), most) for side, most in ((tall, height), (wide, width))
    )
    return fitted_tall, fitted_wide


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
    fitted = fitted_size(tall, wide, height, width)
    pixels = in_corner(halved(image, height, width), fitted, height, width)
    return Letterboxed(pixels, fitted[1] / wide, fitted[0] / tall)


def in_corner(image: BgrImage, fitted: tuple[int, int], height: int, width: int) -> BgrImage:
    """Put an image into the upper left corner of an input, ``fitted`` pixels high and wide.

    Returns:
        uint8 [height, width, 3], red first; black where the image is not.
    """
    small = image
    if fitted != image.shape[:2]:
        small = np.asarray(cv2.resize(image, fitted[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    pixels = np.zeros((height, width, 3), np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=pixels[: fitted[0], : fitted[1]])
    return pixels
