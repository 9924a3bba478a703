"""What every face detector takes, gives back and promises."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from contracts.errors import InvalidImage

Image = npt.NDArray[np.uint8]
"""Pixels as OpenCV has them: uint8 [height, width, 3], blue first."""

Point = tuple[float, float]
Landmarks = tuple[Point, Point, Point, Point, Point]
"""Right eye, left eye, nose tip, right and left mouth corner; right and left as the person has them."""


class Detection(NamedTuple):
    """One face: its box and landmarks in pixels of the given picture, the score in 0..1.

    The box lies within the picture; landmarks are None where the detector finds none and may lie outside
    (the eye of a face that the border cuts).
    """

    x: float
    y: float
    width: float
    height: float
    score: float
    landmarks: Landmarks | None = None


class Detector(Protocol):
    """Finds faces. Every detector may be used by several threads at once and gives each the same answer."""

    name: str
    min_score: float
    """Score from which a face is returned."""
    keep_score: float
    """Lower score from which a face is believed if it was there a moment ago; a detector loaded with it finds both."""

    def detect(self, image: Image, original: int | None = None) -> list[Detection]:
        """Return the faces of a uint8 [H, W, 3] picture (blue first), the surest one first.

        Pictures of any size and shape work; one too small for a face has none. ``original`` is the longer side in
        pixels of what the picture was made smaller from (see ``enough``): a large original is worth more effort.
        Raises InvalidImage for an array of another type or shape.
        """

    def enough(self, longer: int) -> int:
        """Pixels of the longer side that suffice to find what there is to find in an original of ``longer`` pixels.

        A JPEG may be decoded smaller than it is, down to this size: the answer stays the same.
        """

    def smallest_face(self, width: int, height: int) -> float:
        """Longer side in pixels of the smallest face that an original of ``width`` x ``height`` is searched for."""


def check_image(image: Any) -> None:
    """Raise InvalidImage unless ``image`` is a uint8 array [H, W, 3] with at least one pixel."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = getattr(image, "dtype", type(image).__name__)
        raise InvalidImage(f"A detector takes a uint8 array, not {found}.")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InvalidImage(f"A detector takes an array of shape [height, width, 3], not {list(image.shape)}.")


def scaled(found: Detection, scale: float) -> Detection:
    """Give a detection in the pixels of the same picture, ``scale`` times as large."""
    x, y, width, height = (value * scale for value in found[:4])
    landmarks: Any = found.landmarks and tuple((x * scale, y * scale) for x, y in found.landmarks)
    return Detection(x, y, width, height, found.score, landmarks)


def within(detections: Iterable[Detection], image: Image) -> list[Detection]:
    """Clip boxes to the picture, drop what is left with less than a pixel, sort by score, the best first."""
    height, width = image.shape[:2]
    kept = []
    for found in detections:
        left, top = max(found.x, 0.0), max(found.y, 0.0)
        right, bottom = min(found.x + found.width, float(width)), min(found.y + found.height, float(height))
        if right - left >= 1 and bottom - top >= 1:
            kept.append(found._replace(x=left, y=top, width=right - left, height=bottom - top))
    return sorted(kept, key=lambda found: -found.score)
