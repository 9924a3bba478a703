"""The framing of faces for a network and a detector, found by a grid search.

FER2013's images are faces cut out tightly, and a network knows faces in that framing only. A detector frames them
in its own way. To learn what leads from one to the other, test images are enlarged and set into a grey surrounding,
the real detector looks for the face in them, and the network reads what is cut out around its box, with one fit after
another. The best fit is the one by which the most expressions are read as FER2013 labels them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import cv2
import numpy as np

from models.classification import Classifier
from models.cropping import CropFit, crop_faces
from models.detection import Detection, Detector
from training.emotion.metrics import accuracy
from training.shared.errors import DataError
from training.shared.fer2013 import Split

ENLARGED: Final = 192
"""Side of an enlarged image in pixels: a face at the distance of a laptop."""

SURROUNDING: Final = 96
"""Pixels of surrounding on every side."""

MARGINS: Final = (-0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
SHIFTS: Final = (-0.1, -0.05, 0.0, 0.05, 0.1)


@dataclass(frozen=True)
class Trial:
    """A fit, and the share of found faces whose expression was read right with it."""

    fit: CropFit
    accuracy: float


@dataclass(frozen=True)
class Scene:
    """An image in its surrounding, and the face that the detector found in it."""

    image: np.ndarray
    """uint8 [H, W, 3], blue first."""
    face: Detection
    label: int


def look_for_faces(detector: Detector, split: Split) -> Iterator[Scene | None]:
    """Set each image of ``split`` into a surrounding; None where ``detector`` finds no face in it."""
    for image, label in zip(split.images, split.labels, strict=True):
        scene = surround(image)
        faces = detector.detect(scene)
        largest = max(faces, key=lambda face: face.width * face.height, default=None)
        yield Scene(scene, largest, int(label)) if largest else None


def find_faces(detector: Detector, split: Split) -> list[Scene]:
    """Give all scenes of ``split`` in which ``detector`` finds a face.

    Raises:
        DataError: it finds none in any.
    """
    scenes = [scene for scene in look_for_faces(detector, split) if scene]
    if not scenes:
        raise DataError(f"The detector {detector.name} finds no face in the {len(split)} images.")
    return scenes


def surround(image: np.ndarray) -> np.ndarray:
    """Enlarge a grey image, uint8 [48, 48], and set it into its own blurred border; BGR."""
    around = SURROUNDING
    large = cv2.resize(image, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    wide = cv2.copyMakeBorder(large, around, around, around, around, cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(wide, (0, 0), 12)
    inner = slice(SURROUNDING, SURROUNDING + ENLARGED)
    soft[inner, inner] = large
    return np.asarray(cv2.cvtColor(soft, cv2.COLOR_GRAY2BGR))


def try_fits(classifier: Classifier, scenes: list[Scene], fits: list[CropFit]) -> list[Trial]:
    """Read all scenes with each of ``fits``; the best one first."""
    labels = np.array([scene.label for scene in scenes])
    trials = []
    for fit in fits:
        crops = np.concatenate([crop_faces(scene.image, [scene.face], fit=fit) for scene in scenes])
        trials.append(Trial(fit, accuracy(classifier.predict(crops), labels)))
    return sorted(trials, key=lambda trial: -trial.accuracy)


def search(classifier: Classifier, scenes: list[Scene]) -> Iterator[list[Trial]]:
    """Find the frame first, then, with the best frame, alignment and normalisation; two lists of trials."""
    frames = try_fits(
        classifier, scenes, [CropFit(margin=margin, down=down) for margin, down in product(MARGINS, SHIFTS)]
    )
    yield frames
    best = frames[0].fit
    kinds = product((False, True), ("none", "stretch", "equalise"))
    fits = [CropFit.model_validate(best.model_dump() | {"align": a, "normalise": n}) for a, n in kinds]
    yield try_fits(classifier, scenes, fits)
