"""Letterboxing on the device: many pictures into inputs of one size, as `models.detection.letterbox` does with one."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.batching.packing import Picture, packed
from models.detection.card import Shape
from models.detection.letterbox import HALF, in_corner
from models.detection.searching import Pass
from models.runtimes.accelerator import Accelerator
from models.runtimes.programs import Programs

_ONE: Final = 2048
"""Weight 1 in OpenCV's linear interpolation of bytes, which has 11 bits for it."""


class _Axis(NamedTuple):
    """Where N inputs' rows, or columns, come from."""

    taken: npt.NDArray[np.int32]
    """[N, length, 2] numbers of two neighbouring rows of a picture."""
    weights: npt.NDArray[np.float32]
    """[N, length, 2] of both, of 2048; zeros where the input is black."""


class Letterboxing:
    """Brings pictures to inputs. Thread-safe."""

    def __init__(self, accelerator: Accelerator) -> None:
        """Compile nothing yet."""
        self._programs = Programs(accelerator.backend, _interpolated)

    def inputs(self, passes: Sequence[Pass], size: int) -> Any:
        """Make the inputs of passes of one shape.

        Args:
            passes: 1 to ``size``.
            size: how many inputs are made; those behind the passes' are black.

        Returns:
            uint8 [size, height, width, 3] on the device, red first.
        """
        height, width = passes[0].shape
        tight, roomy = height * width, ceil(HALF * height) * ceil(HALF * width)
        pictures = [_fitting(asked, roomy) for asked in passes]
        together = packed(pictures, (tight * size, roomy * size))
        fitted = np.array([_fitted(asked, picture) for asked, picture in zip(passes, pictures, strict=True)])
        rows = _axis(together.heights, fitted[:, 0], height, across=False)
        columns = _axis(together.widths, fitted[:, 1], width, across=True)
        begins = together.begins[:, None, None] + rows.taken * together.widths[:, None, None]
        arrays = (_filled_up(each, size) for each in (begins, columns.taken, rows.weights, columns.weights))
        return self._programs.run(together.pixels, *arrays)


def _fitting(asked: Pass, roomy: int) -> Picture:
    """The picture of a pass; one that is too long and thin for its place is brought to the input here."""
    height, width = asked.image.shape[:2]
    if height * width <= roomy:
        return asked.image
    return np.ascontiguousarray(in_corner(asked.image, asked.fitted, *asked.shape)[..., ::-1])


def _fitted(asked: Pass, picture: Picture) -> Shape:
    return asked.fitted if picture is asked.image else asked.shape


def _axis(lengths: npt.NDArray[np.int32], fitted: npt.NDArray[Any], length: int, *, across: bool) -> _Axis:
    """Where each place along an axis comes from, as ``cv2.resize`` has it.

    Args:
        lengths: [N] of the pictures along it.
        fitted: [N] lengths that they are to have.
        length: of the input.
        across: along rows, where what is beyond the border has no weight; along columns the border's pixels have it,
            which makes a difference when halves are cut off.
    """
    place = np.arange(length)
    at = ((place + 0.5) * (lengths / fitted)[:, None] - 0.5).astype(np.float32)
    first = np.floor(at).astype(np.int32)
    part, last = at - first, (lengths - 1)[:, None]
    if across:
        part[(first < 0) | (first >= last)] = 0
    weights = np.rint(np.stack([1 - part, part], axis=-1) * _ONE)
    weights[place >= fitted[:, None]] = 0
    return _Axis(np.clip(np.stack([first, first + 1], axis=-1), 0, last[..., None]), weights.astype(np.float32))


def _filled_up(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """The array [N, …] with zeros behind it: [size, …]."""
    return np.pad(array, ((0, size - len(array)), *((0, 0),) * (array.ndim - 1)))


def _interpolated(pixels: Any, rows: Any, columns: Any, tall: Any, wide: Any) -> Any:
    """Interpolate in OpenCV's whole numbers, which are exact in floating point.

    Args:
        pixels: [capacity, 3], blue first.
        rows: [N, height, 2] numbers of the first pixels of both rows.
        columns: [N, width, 2] how far from it both columns are.
        tall: [N, height, 2] weights of the rows, of 2048.
        wide: [N, width, 2] weights of the columns.

    Returns:
        uint8 [N, height, width, 3], red first.
    """
    from keras import ops

    def colours(row: int, column: int) -> Any:
        numbers = rows[:, :, None, row] + columns[:, None, :, column]
        return ops.cast(ops.take(pixels, numbers, axis=0), "float32")

    def across(row: int) -> Any:
        left, right = (colours(row, column) * wide[:, None, :, column, None] for column in (0, 1))
        return ops.floor((left + right) / 16)

    above, below = (ops.floor(across(row) * (tall[:, :, None, row, None] / 65536)) for row in (0, 1))
    return ops.flip(ops.cast(ops.floor((above + below + 2) / 4), "uint8"), axis=-1)
