"""Why the label of a face is to be trusted less: measures of what the emotion network is shown, with thresholds.

Each threshold is about where the default network reads five in a hundred faces fewer rightly than it does undamaged;
``benchmarks/quality.py`` measures that, docs/quality.md has the tables.
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from contracts.results import Box, Flaw
from models.detection.base import Landmarks

GreyCrop = npt.NDArray[np.uint8]
"""What the emotion network is shown: uint8 [48, 48]."""

SMALL_PX: Final = 21
"""Side of a face, in pixels of the image, below which it is small."""
BLURRED: Final = 0.06
"""Sharpness below which a face is blurred."""
DARK: Final = 45.0
"""Mean grey value below which a face is dark."""
TURNED: Final = 0.5
"""How far off the nose is from which on a face is turned away."""
_EVEN: Final = 1.0
"""Variance of grey values below which there is nothing to be sharp."""


def flaws(
    box: Box, width: int, height: int, crop: GreyCrop | None = None, landmarks: Landmarks | None = None
) -> list[Flaw]:
    """What is wrong with a face.

    Args:
        box: of the face, in pixels of the image.
        width: of the image, in pixels.
        height: of the image, in pixels.
        crop: what the network is shown; none where no expression is read.
        landmarks: of the face, in any pixels; none where the detector finds none.
    """
    found: dict[Flaw, bool] = {
        "small": side(box) < SMALL_PX,
        "blurred": crop is not None and sharpness(crop) < BLURRED,
        "dark": crop is not None and brightness(crop) < DARK,
        "cut": box.x == 0 or box.y == 0 or box.x + box.width >= width or box.y + box.height >= height,
        "turned": landmarks is not None and turn(landmarks) > TURNED,
    }
    return [flaw for flaw, there in found.items() if there]


def side(box: Box) -> float:
    """Of a square as large as the box, in pixels."""
    return math.sqrt(box.width * box.height)


def sharpness(crop: GreyCrop) -> float:
    """How much of the crop's contrast is in fine detail; 0: none, as in a picture that is out of focus.

    The variance of the Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy"), divided
    by that of the grey values, so that light does not count.
    """
    variance = _variance(crop)
    return _variance(cv2.Laplacian(crop, cv2.CV_16S)) / variance if variance > _EVEN else 0.0


def brightness(crop: GreyCrop) -> float:
    """Mean luma (ITU-R BT.601, as OpenCV makes grey of colour), 0 to 255."""
    return float(cv2.mean(crop)[0])


def turn(landmarks: Landmarks) -> float:
    """How far a face is turned to a side: 0 where it looks into the camera, 1 where the nose is in line with an eye.

    Measured is how far the tip of the nose is off the middle between the eyes, along the line through them, in halves
    of their distance: a geometric measure of yaw, as Murphy-Chutorian and Trivedi (2009, "Head pose estimation in
    computer vision: a survey") describe them. A rotation within the image changes nothing.
    """
    (right_x, right_y), (left_x, left_y), (nose_x, nose_y) = landmarks[:3]
    across, down = left_x - right_x, left_y - right_y
    length = across**2 + down**2
    if length == 0:
        return 1.0
    return abs(2 * ((nose_x - right_x) * across + (nose_y - right_y) * down) / length - 1)


def _variance(values: np.ndarray) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0]) ** 2
