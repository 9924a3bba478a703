"""Geometry of boxes: intersection over union, and suppression of boxes that show the same thing.

A box is its corners: an array [..., 4] of x1, y1, x2, y2.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.floating[Any]]


def corners(boxes: npt.ArrayLike) -> Boxes:
    """Turn boxes [..., 4] of x, y, width, height into corners [..., 4]."""
    array = np.asarray(boxes, np.float64)
    return np.concatenate([array[..., :2], array[..., :2] + array[..., 2:4]], axis=-1)


def iou(a: Any, b: Any, library: Any = np) -> Any:
    """Intersection over union of boxes.

    Args:
        a: boxes [..., 4].
        b: boxes of a shape that broadcasts with that of ``a``; ``a[:, None]`` and ``b[None]`` give every pair.
        library: what the boxes are arrays of: ``numpy``, or ``tensorflow`` within a loss.

    Returns:
        Shares [...] in 0..1; 0 for a pair of boxes without any area.
    """
    low, high = library.maximum(a[..., :2], b[..., :2]), library.minimum(a[..., 2:], b[..., 2:])
    shared = _area(high - low, library)
    united = _area(a[..., 2:] - a[..., :2], library) + _area(b[..., 2:] - b[..., :2], library) - shared
    return shared / library.maximum(united, 1e-6)


def suppress(boxes: Boxes, scores: npt.NDArray[np.floating[Any]], overlap: float = 0.4) -> list[int]:
    """Greedy non-maximum suppression.

    Args:
        boxes: [N, 4].
        scores: [N].
        overlap: intersection over union above which two boxes show the same thing.

    Returns:
        Indices of the boxes that no box of a higher score overlaps, the highest score first.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[iou(boxes[best], boxes[order]) <= overlap]
    return kept


def _area(sides: Any, library: Any) -> Any:
    """Areas [...] of rectangles with sides [..., 2]; 0 where a side is negative."""
    sides = library.maximum(sides, 0)
    return sides[..., 0] * sides[..., 1]
