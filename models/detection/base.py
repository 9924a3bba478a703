"""What every face detector takes, gives back and promises."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from contracts.errors import InvalidImage

BgrImage = npt.NDArray[np.uint8]
"""An image as OpenCV has it: uint8 [height, width, 3], blue first."""

Point = tuple[float, float]
Landmarks = tuple[Point, Point, Point, Point, Point]
"""Right eye, left eye, nose tip, right and left mouth corner; right and left as the person has them."""


class Detection(NamedTuple):
    """One face: its box and landmarks in pixels of the given image, the score in 0..1.

    The box lies within the image; landmarks are None where the detector finds none and may lie outside
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
    """Lower score that suffices for a face that was there a moment ago, as in the frame before."""

    def detect(self, image: BgrImage, original: int | None = None, *, keep: bool = False) -> list[Detection]:
        """Find the faces of an image.

        Args:
            image: of any size and shape; one too small for a face has none.
            original: longest side, in pixels, of what the image was decoded from at a smaller scale: a large original
                is worth more effort. By default that of the image.
            keep: whether faces of ``keep_score`` and more are found, rather than of ``min_score``.

        Returns:
            The faces, the highest score first.

        Raises:
            InvalidImage: an array of another type or shape.
        """

    def sufficient_size(self, longest_side: int) -> int:
        """Longest side, in pixels, that an image must have for the detector to find all it can.

        Args:
            longest_side: of the original, in pixels.

        Returns:
            The size down to which a JPEG may be decoded smaller than it is: the answer stays the same.
        """

    def smallest_face(self, width: int, height: int) -> float:
        """Longer side, in pixels, of the smallest face that an original of ``width`` x ``height`` is searched for."""


def check_image(image: Any) -> None:
    """Check what a detector is given.

    Raises:
        InvalidImage: it is no uint8 array [H, W, 3] with at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = getattr(image, "dtype", type(image).__name__)
        raise InvalidImage(f"A detector takes a uint8 array, not {found}.")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InvalidImage(f"A detector takes an array of shape [height, width, 3], not {list(image.shape)}.")


def rescaled(found: Detection, scale: float) -> Detection:
    """Give a detection in the pixels of the same image, ``scale`` times as large."""
    x, y, width, height = (value * scale for value in found[:4])
    landmarks: Any = found.landmarks and tuple((x * scale, y * scale) for x, y in found.landmarks)
    return Detection(x, y, width, height, found.score, landmarks)


def clip_to_image(detections: Iterable[Detection], image: BgrImage) -> list[Detection]:
    """Clip boxes to the image, drop what is left with less than a pixel, sort by score, the best first."""
    height, width = image.shape[:2]
    kept = []
    for found in detections:
        left, top = max(found.x, 0.0), max(found.y, 0.0)
        right, bottom = min(found.x + found.width, float(width)), min(found.y + found.height, float(height))
        if right - left >= 1 and bottom - top >= 1:
            kept.append(found._replace(x=left, y=top, width=right - left, height=bottom - top))
    return sorted(kept, key=lambda found: -found.score)
