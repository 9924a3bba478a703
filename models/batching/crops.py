"""Crops of faces on the device: many squares to 48x48 grey pixels, as `models.cropping` does it with one."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.batching.packing import Picture, packed
from models.cropping import SIDE
from models.runtimes.accelerator import Accelerator
from models.runtimes.programs import Programs

TAPS: Final = 5
"""Pixels along each axis that one pixel of a crop is made of, at most: of a square of up to `WIDEST`."""
WIDEST: Final = (TAPS - 1) * SIDE
"""Side of the largest square, in pixels."""
_TIGHT: Final = WIDEST**2 // 8
"""Pixels of a square in most photos, at most."""


class Square(NamedTuple):
    """A square of an image, of which the part within the image is there."""

    picture: Picture
    """That part; a single black pixel of a square that is wholly outside."""
    left: int
    """Where the picture's first column is, in pixels from the square's; 0 or more."""
    top: int
    side: int
    """Of the square, in pixels, up to `WIDEST`; its pixels beside the picture are those of the picture's border."""


class Crops:
    """Makes crops of squares. Thread-safe."""

    def __init__(self, accelerator: Accelerator) -> None:
        """Compile nothing yet."""
        self._accelerator = accelerator
        self._programs = Programs(accelerator.backend, _resampled)

    def of(self, squares: Sequence[Square]) -> npt.NDArray[np.uint8]:
        """Make the crops of any number of squares: grey, uint8 [N, 48, 48]."""
        parts = self._accelerator.in_parts(
            len(squares), lambda first, count, size: self._part(squares[first : first + count], size)
        )
        return np.concatenate([np.empty((0, SIDE, SIDE), np.uint8), *parts])

    def warm_up(self) -> None:
        """Compile it for every size of batch."""
        for size in self._accelerator.sizes.up_to(self._accelerator.sizes.largest):
            for side in (1, WIDEST):
                picture = np.zeros((side, side, 3), np.uint8)
                self.of([Square(picture, 0, 0, side)] * size)

    def _part(self, squares: Sequence[Square], size: int) -> npt.NDArray[np.uint8]:
        from keras import ops

        together = packed([square.picture for square in squares], (_TIGHT * size, WIDEST**2 * size))
        sides = np.array([square.side for square in squares], np.int32)
        taps, weights = _taps(sides)
        tops, lefts = (
            np.array(each, np.int32)[:, None, None] for each in zip(*((s.top, s.left) for s in squares), strict=True)
        )
        rows = np.clip(taps - tops, 0, (together.heights - 1)[:, None, None])
        columns = np.clip(taps - lefts, 0, (together.widths - 1)[:, None, None])
        begins = together.begins[:, None, None] + rows * together.widths[:, None, None]
        halves_up = (sides == 2 * SIDE).astype(np.float32)
        missing = size - len(squares)
        arrays = [
            np.pad(each, ((0, missing), *((0, 0),) * (each.ndim - 1))) for each in (begins, columns, weights, halves_up)
        ]
        made = self._programs.run(together.pixels, *arrays)
        return np.asarray(ops.convert_to_numpy(made), np.uint8)[: len(squares)]


def _taps(sides: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Which pixels of squares make those of crops, along either axis, as ``cv2.resize`` has it.

    Squares of more than 48 pixels are averaged over areas, others interpolated by cubic polynomials.

    Args:
        sides: [N] of the squares, in pixels.

    Returns:
        Numbers of pixels [N, 48, `TAPS`], and their weights likewise.
    """
    scale = (sides / SIDE)[:, None]
    place = np.arange(SIDE)
    begin, end = place * scale, (place + 1) * scale
    first = np.floor(begin + 1e-9).astype(np.int32)
    area = first[..., None] + np.arange(TAPS)
    shared = np.minimum(area + 1, end[..., None]) - np.maximum(area, begin[..., None])
    averaged = np.clip(shared, 0, 1) / scale[..., None]
    at = (place + 0.5) * scale - 0.5
    nearest = np.floor(at).astype(np.int32)
    cubic = nearest[..., None] + np.arange(-1, TAPS - 1)
    interpolated = _cubic(at - nearest)
    shrinks = (sides > SIDE)[:, None, None]
    taps = np.where(shrinks, area, cubic)
    weights = np.where(shrinks, averaged, interpolated)
    return np.clip(taps, 0, (sides - 1)[:, None, None]).astype(np.int32), weights.astype(np.float32)


def _cubic(part: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Weights [..., `TAPS`] of the pixels around a place ``part`` [...] of a pixel behind the second of them.

    The cubic convolution of Keys (1981) with a = -0.75, which is OpenCV's; the last weight is 0.
    """
    a = -0.75
    before = ((a * (part + 1) - 5 * a) * (part + 1) + 8 * a) * (part + 1) - 4 * a
    at = ((a + 2) * part - (a + 3)) * part * part + 1
    after = ((a + 2) * (1 - part) - (a + 3)) * (1 - part) * (1 - part) + 1
    last = 1 - before - at - after
    return np.stack([before, at, after, last, *[np.zeros_like(part)] * (TAPS - 4)], axis=-1)


def _resampled(pixels: Any, rows: Any, columns: Any, weights: Any, halves_up: Any) -> Any:
    """Grey as OpenCV makes it, then both axes: uint8 [N, 48, 48].

    Args:
        pixels: [capacity, 3].
        rows: [N, 48, taps] numbers of the first pixels of rows.
        columns: [N, 48, taps] how far from it the columns are.
        weights: [N, 48, taps] along either axis.
        halves_up: [N] 1 where halves are rounded up, as OpenCV does it where it halves; otherwise to even numbers.
    """
    from keras import ops

    numbers = rows[:, :, None, :, None] + columns[:, None, :, None, :]  # [N, 48, 48, taps, taps]
    colours = ops.cast(ops.take(pixels, numbers, axis=0), "float32")
    grey = ops.floor((colours[..., 0] * 3735 + colours[..., 1] * 19235 + colours[..., 2] * 9798 + 16384) / 32768)
    across = ops.sum(grey * weights[:, None, :, None, :], axis=-1)
    values = ops.sum(across * weights[:, :, None, :], axis=-1)
    up = halves_up[:, None, None]
    rounded = up * ops.floor(values + 0.5) + (1 - up) * ops.round(values)
    return ops.cast(ops.clip(rounded, 0, 255), "uint8")
