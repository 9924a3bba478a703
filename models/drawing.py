"""Boxes and labels on images."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from contracts.emotions import Emotion
from contracts.results import Face

Colour = tuple[int, int, int]

COLOURS: Final[dict[Emotion, Colour]] = {
    "Angry": (60, 60, 230),
    "Disgust": (60, 150, 90),
    "Fear": (190, 80, 160),
    "Happy": (40, 190, 250),
    "Sad": (220, 130, 50),
    "Surprise": (200, 190, 60),
    "Neutral": (190, 190, 190),
}
"""A colour a label, blue first; the page uses the same ones."""

NO_EMOTION: Final[Colour] = (190, 190, 190)
"""Of a face whose expression was not read."""

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_INK: Final[Colour] = (20, 20, 20)


def at_most(pixels: npt.NDArray[np.uint8], longest: int) -> npt.NDArray[np.uint8]:
    """Shrink an image, unless it is small enough already.

    Args:
        pixels: uint8 [H, W, 3]; left as it is.
        longest: pixels that the longer side may have.
    """
    height, width = pixels.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return pixels
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def draw_faces(pixels: npt.NDArray[np.uint8], faces: Sequence[Face], scale: float = 1.0) -> npt.NDArray[np.uint8]:
    """Draw each face's box with its label and confidence; without an emotion the box alone.

    Args:
        pixels: uint8 [H, W, 3], blue first; left as it is.
        faces: boxes in pixels of the original image.
        scale: original pixels per pixel of `pixels`.

    Returns:
        A new array of the same shape.
    """
    canvas = pixels.copy()
    line = max(1, round(min(canvas.shape[:2]) / 240))
    for face in faces:
        left, top = round(face.box.x / scale), round(face.box.y / scale)
        right, bottom = left + round(face.box.width / scale), top + round(face.box.height / scale)
        colour = COLOURS[face.emotion] if face.emotion else NO_EMOTION
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, line)
        if face.emotion and face.confidence is not None:
            _draw_label(canvas, f"{face.emotion} {face.confidence:.0%}", (left, top), colour, line)
    return canvas


def encode_jpeg(pixels: npt.NDArray[np.uint8], quality: int = 80) -> bytes:
    """Encode an image as JPEG.

    Args:
        pixels: uint8 [H, W, 3], blue first.
        quality: from 1 to 100.

    Raises:
        ValueError: OpenCV cannot encode an array of this shape.
    """
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape} as JPEG")
    return bytes(data.tobytes())


def _draw_label(canvas: npt.NDArray[np.uint8], text: str, corner: tuple[int, int], colour: Colour, line: int) -> None:
    """Write on a filled bar above the box, or inside it where there is no room above."""
    size = 0.28 + 0.22 * line
    (width, height), below = cv2.getTextSize(text, _FONT, size, max(1, line - 1))
    bar = height + below + 4
    left = max(0, min(corner[0], canvas.shape[1] - width - 6))
    top = corner[1] - bar if corner[1] >= bar else corner[1]
    cv2.rectangle(canvas, (left, top), (left + width + 6, top + bar), colour, cv2.FILLED)
    cv2.putText(canvas, text, (left + 3, top + height + 2), _FONT, size, _INK, max(1, line - 1), cv2.LINE_AA)
