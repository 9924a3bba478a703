"""What the device needs of an image for the crops of its faces."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from models.batching.crops import WIDEST, Square
from models.cropping import SIDE, CropFit, crop_faces, square_of
from models.detection import BgrImage, Detection

_NOTHING: Final = np.zeros((1, 1, 3), np.uint8)


def squares(image: BgrImage, faces: Sequence[Detection], fit: CropFit) -> list[Square]:
    """The squares around faces; where the device cannot make a crop of one, the crop itself stands for it.

    The device makes no squares of more than `WIDEST` pixels smaller, turns none, and changes no light.

    Args:
        image: in whose pixels the faces are.
        faces: any number.
        fit: how a box becomes a crop.
    """
    return [_square(image, face, fit) for face in faces]


def _square(image: BgrImage, face: Detection, fit: CropFit) -> Square:
    left, top, side = square_of(face, fit)
    if side > WIDEST or fit.align or fit.normalise != "none":
        return Square(_coloured(crop_faces(image, [face], [face.landmarks], fit)[0]), 0, 0, SIDE)
    height, width = image.shape[:2]
    inner = image[max(0, top) : max(0, min(height, top + side)), max(0, left) : max(0, min(width, left + side))]
    if not inner.size:
        return Square(_NOTHING, 0, 0, side)
    return Square(np.ascontiguousarray(inner), max(0, -left), max(0, -top), side)


def _coloured(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR), np.uint8)
