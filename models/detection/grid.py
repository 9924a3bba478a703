"""What the outputs of our own detector mean: cells, strides, boxes; shared by its training and its use."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

STRIDES: Final = (8, 16, 32)
"""Pixels of the input between neighbouring cells, one value an output level."""

Floats = npt.NDArray[np.float32]


class Cells(NamedTuple):
    """Places that can report a face: those of one level, or of all in one row."""

    centres: Floats
    """[N, 2] x, y in pixels of the input."""
    strides: Floats
    """[N, 1] pixels."""

    def at(self, indices: npt.NDArray[np.intp]) -> "Cells":
        """Give these cells only."""
        return Cells(self.centres[indices], self.strides[indices])


def levels(height: int, width: int) -> list[Cells]:
    """Return the cells of an input of this size, a level each, row by row. Both sides divide by 32."""
    found = []
    for stride in STRIDES:
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        level = np.stack([xs, ys], axis=-1).reshape(-1, 2).astype(np.float32)
        found.append(Cells((level + 0.5) * stride, np.full((len(level), 1), stride, np.float32)))
    return found


def cells(height: int, width: int) -> Cells:
    """Return the cells of all levels in one row."""
    return Cells(*(np.concatenate(parts) for parts in zip(*levels(height, width), strict=True)))


def decode_boxes(raw: Floats, where: Cells) -> Floats:
    """Turn raw outputs into boxes.

    Args:
        raw: [N, 4], the distances from a cell's centre to the left, upper, right and lower side, as logarithms in
            strides.
        where: the N cells.

    Returns:
        Corners [N, 4] x1, y1, x2, y2 in pixels of the input.
    """
    reach = np.exp(raw) * where.strides
    return np.concatenate([where.centres - reach[:, :2], where.centres + reach[:, 2:]], axis=1)


def decode_landmarks(raw: Floats, where: Cells) -> Floats:
    """Turn raw outputs [N, 10], offsets in strides, into points [N, 5, 2] in pixels of the input."""
    offsets = raw.reshape(-1, 5, 2) * where.strides[:, :, None]
    points: Floats = where.centres[:, None] + offsets
    return points
