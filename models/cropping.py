"""Cuts faces out of an image in the framing that the emotion network was trained on: tight, upright, grey, 48x48."""

from collections.abc import Iterable, Sequence
from math import atan2, degrees
from typing import Any, Final, Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

SIDE: Final = 48
"""Width and height of a crop, in pixels."""

Points = Sequence[Sequence[float]] | np.ndarray


class CropFit(BaseModel):
    """How a detector's box becomes a crop; measured for each network and kept in its card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin: float = Field(default=0.0, gt=-0.4, lt=1, description="Added on each side, in box sides.")
    down: float = Field(default=0.0, gt=-0.5, lt=0.5, description="Shift downwards, in box sides.")
    align: bool = Field(default=False, description="Turn the face until its eyes are level, if known.")
    normalise: Literal["none", "stretch", "equalise"] = Field(
        default="none",
        description="stretch: darkest and brightest 1 % to 0 and 255; equalise: flat histogram.",
    )


def crop_faces(
    bgr: np.ndarray,
    boxes: Sequence[Sequence[Any]],
    landmarks: Sequence[Points | None] | None = None,
    fit: CropFit | None = None,
) -> np.ndarray:
    """Cut a square around each box out of an image.

    Args:
        bgr: uint8 [H, W, 3], blue first.
        boxes: (x, y, width, height, score, landmarks) in pixels, such as ``models.detection.Detection``, of which all
            but the first four may be left out. They may reach over the border: its pixels are repeated there.
        landmarks: points (x, y) of each face, its two eyes first, or ``None`` for a face without; by default those
            of the boxes.
        fit: the framing.

    Returns:
        Grey crops, uint8 [N, 48, 48].
    """
    fit = fit or CropFit()
    points = landmarks or [box[5] if len(box) > 5 else None for box in boxes]
    crops = [_crop(bgr, box, eyes, fit) for box, eyes in zip(boxes, points, strict=True)]
    return np.stack(crops) if crops else np.empty((0, SIDE, SIDE), np.uint8)


def enlargement(boxes: Iterable[Sequence[Any]], fit: CropFit) -> float:
    """How many times the smallest of these crops would be enlarged to fill its 48 pixels.

    Args:
        boxes: as for `crop_faces`.
        fit: the framing.

    Returns:
        Up to 1 the image has pixels enough; above, one that is so many times finer would show more of the face.
        0 without any box.
    """
    return max((SIDE / _side(_length(box), fit) for box in boxes), default=0.0)


def _length(box: Sequence[Any]) -> float:
    """Pixels of a box's side: the square between its width and its height."""
    return max(1.0, float(box[2] + box[3]) / 2)


def _side(length: float, fit: CropFit) -> int:
    """Pixels of the square that is cut out around a box of this length."""
    return max(2, round(length * (1 + 2 * fit.margin)))


def square_of(box: Sequence[Any], fit: CropFit) -> tuple[int, int, int]:
    """Left, top and side, in whole pixels, of the square that is cut out around a box, if it is not turned."""
    (x, y), side = _centre(box, fit), _side(_length(box), fit)
    return round(x - side / 2), round(y - side / 2), side


def _centre(box: Sequence[Any], fit: CropFit) -> tuple[float, float]:
    x, y, width, height = box[:4]
    return x + width / 2, y + height / 2 + fit.down * _length(box)


def _crop(bgr: np.ndarray, box: Sequence[Any], points: Points | None, fit: CropFit) -> np.ndarray:
    centre, (left, top, side) = _centre(box, fit), square_of(box, fit)
    angle = _tilt(points) if fit.align and points is not None else 0.0
    square = _turned(bgr, centre, side, angle) if angle else _straight(bgr, left, top, side)
    grey = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY)
    shrinks = side > SIDE
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return _normalise(np.asarray(small), fit)


def _tilt(points: Points) -> float:
    """Angle of the line between the eyes, in degrees, clockwise as seen; 0 if the points cannot be eyes."""
    (x0, y0), (x1, y1) = sorted(tuple(point[:2]) for point in points[:2])
    angle = degrees(atan2(y1 - y0, x1 - x0))
    return angle if abs(angle) < 45 else 0.0


def _straight(bgr: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    """Cut out a square of ``side`` pixels, with the border's pixels repeated outside."""
    height, width = bgr.shape[:2]
    inner = bgr[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    missing = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    if not inner.size:
        return np.zeros((side, side, 3), np.uint8)  # a box wholly outside the image
    if any(missing):
        return np.asarray(cv2.copyMakeBorder(inner, *missing, cv2.BORDER_REPLICATE))
    return inner


def _turned(bgr: np.ndarray, centre: tuple[float, float], side: int, angle: float) -> np.ndarray:
    """Cut out a square that is turned by ``angle`` degrees."""
    matrix = cv2.getRotationMatrix2D(centre, angle, 1.0)
    matrix[:, 2] += side / 2 - np.array(centre)
    return np.asarray(cv2.warpAffine(bgr, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE))


def _normalise(grey: np.ndarray, fit: CropFit) -> np.ndarray:
    if fit.normalise == "equalise":
        return np.asarray(cv2.equalizeHist(grey))
    if fit.normalise == "stretch":
        dark, bright = np.percentile(grey, (1, 99))
        stretched = (grey - dark) * (255 / max(1.0, bright - dark))
        return np.asarray(np.clip(stretched, 0, 255), np.uint8)
    return grey
