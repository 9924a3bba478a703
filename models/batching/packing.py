"""Pictures of many sizes in one array of a fixed size, for the device: pixel after pixel, picture after picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""uint8 [height, width, 3], blue first."""


class Packed(NamedTuple):
    """N pictures."""

    pixels: npt.NDArray[np.uint8]
    """[capacity, 3]; what is behind the last picture means nothing."""
    begins: npt.NDArray[np.int32]
    """[N] numbers of the pictures' first pixels."""
    heights: npt.NDArray[np.int32]
    """[N] in pixels."""
    widths: npt.NDArray[np.int32]


def packed(pictures: Sequence[Picture], capacities: Sequence[int]) -> Packed:
    """Put pictures one behind the other.

    Args:
        pictures: at least one; all of them fit into the last of the capacities.
        capacities: sizes in pixels that the array may have, in order: few, as programs are compiled for each.
    """
    heights, widths = np.array([picture.shape[:2] for picture in pictures], np.int32).T
    ends = np.cumsum(heights.astype(np.int64) * widths)
    capacity = next(size for size in capacities if size >= ends[-1])
    pixels = np.empty((capacity, 3), np.uint8)
    begins = np.concatenate([[0], ends[:-1]]).astype(np.int32)
    for picture, begin, end in zip(pictures, begins, ends, strict=True):
        pixels[begin:end] = picture.reshape(-1, 3)
    return Packed(pixels, begins, heights, widths)
