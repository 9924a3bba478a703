"""From a detection and what was read of it to a face as others see it."""

from typing import NamedTuple

import numpy as np

from contracts.emotions import EMOTIONS
from contracts.results import Box, Face
from models.detection import Detection
from models.images.decode import DecodedImage
from models.quality import flaws


class Reading(NamedTuple):
    """What the emotion network said of one face."""

    probabilities: np.ndarray
    """[7], in the order of the labels."""
    crop: np.ndarray
    """What they were read from: grey, uint8 [48, 48]."""


def face_of(image: DecodedImage, found: Detection, reading: Reading | None) -> Face:
    """A face as others see it; without a reading it has no emotion."""
    scores = dict(zip(EMOTIONS, reading.probabilities.tolist(), strict=True)) if reading else {}
    emotion = max(EMOTIONS, key=scores.__getitem__) if scores else None
    box = _original_box(image, found)
    return Face(
        box=box,
        emotion=emotion,
        confidence=min(1.0, scores[emotion]) if emotion else None,
        scores=scores,
        detection_score=min(1.0, max(0.0, found.score)),
        quality=flaws(box, image.width, image.height, reading.crop if reading else None, found.landmarks),
    )


def _original_box(image: DecodedImage, found: Detection) -> Box:
    """Whole pixels of the original, within it."""
    scale = image.scale
    left, top = max(0, round(found.x * scale)), max(0, round(found.y * scale))
    right = min(image.width, round((found.x + found.width) * scale))
    bottom = min(image.height, round((found.y + found.height) * scale))
    return Box(
        x=min(left, image.width - 1),
        y=min(top, image.height - 1),
        width=max(1, right - left),
        height=max(1, bottom - top),
    )
