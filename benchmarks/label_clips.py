"""Made clips of one real face, read by the real networks: its expression holds still, or changes.

Faces of FER2013 are enlarged, move and lean a little, in a video of 15 frames a second with the noise of a sensor,
light that flickers and JPEG's losses, each drawn anew for every clip. Nothing of the expression changes but where a
change is due: there another face, of another label, takes its place from one frame to the next.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import cv2
import numpy as np

from contracts.emotions import EMOTIONS, Emotion
from contracts.results import Face
from models import Analyzer
from models.classification import Classifier

WIDTH, HEIGHT = 320, 240
FPS: Final = 15
STEADY_S: Final = 20.0
CHANGE_EVERY_S: Final = 4.0
CHANGES: Final = 4
"""Of a clip of changes."""


class Reading(NamedTuple):
    """One frame of a clip, as it was read."""

    seen_at: float
    """Seconds."""
    truth: Emotion
    """The label of the face that is shown."""
    faces: list[Face]


class Conditions(NamedTuple):
    """What a clip's video is like."""

    side: float
    """Of the face, in pixels."""
    drift: float
    """Pixels to either side."""
    lean: float
    """Degrees to either side."""
    swing: float
    """Of the size, in parts of it."""
    noise: float
    """Standard deviation, in grey values of 255."""
    flicker: float
    """Of the light, in parts of it."""
    quality: int
    """Of JPEG."""
    phase: float


def steady(analyzer: Analyzer, face: np.ndarray, label: int, random: np.random.Generator) -> list[Reading]:
    """A clip of 20 s of one face, grey uint8 [48, 48]."""
    shown = [(face, label)] * int(STEADY_S * FPS)
    return list(_read(analyzer, shown, random))


def changing(analyzer: Analyzer, images: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> list[Reading]:
    """A clip in which a face of another label comes every four seconds.

    Args:
        analyzer: the networks.
        images: faces, uint8 [N, 48, 48].
        labels: of the faces, [N].
        random: chooses.
    """
    chosen = [int(random.integers(len(labels)))]
    while len(chosen) <= CHANGES:
        other = int(random.integers(len(labels)))
        if labels[other] != labels[chosen[-1]]:
            chosen.append(other)
    shown = [(images[one], int(labels[one])) for one in chosen for _ in range(int(CHANGE_EVERY_S * FPS))]
    return list(_read(analyzer, shown, random))


def read_rightly(classifier: Classifier, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which faces the network reads as they are labelled, [N]: of others a change has no known truth."""
    return np.asarray(classifier.predict(images).argmax(1) == labels)


def _read(analyzer: Analyzer, shown: list[tuple[np.ndarray, int]], random: np.random.Generator) -> Iterator[Reading]:
    conditions = _conditions(random)
    for number, (face, label) in enumerate(shown):
        seen_at = number / FPS
        jpeg = _frame(face, conditions, seen_at, random)
        yield Reading(seen_at, EMOTIONS[label], analyzer.analyze_image(jpeg, keep=True).faces)


def _conditions(random: np.random.Generator) -> Conditions:
    return Conditions(
        side=random.uniform(80, 150),
        drift=random.uniform(0, 30),
        lean=random.uniform(0, 5),
        swing=random.uniform(0, 0.08),
        noise=random.uniform(1, 6),
        flicker=random.uniform(0, 0.08),
        quality=int(random.integers(60, 91)),
        phase=random.uniform(0, 6),
    )


def _frame(face: np.ndarray, conditions: Conditions, t: float, random: np.random.Generator) -> bytes:
    side, drift, lean, swing, noise, flicker, quality, phase = conditions
    scale = side * (1 + swing * math.sin(0.9 * t + phase)) / face.shape[0]
    angle = lean * math.sin(1.1 * t + 2 * phase)
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), angle, scale)
    matrix[0, 2] += WIDTH / 2 - 23.5 + drift * math.sin(0.6 * t + phase)
    matrix[1, 2] += HEIGHT / 2 - 23.5 + drift / 2 * math.sin(0.8 * t + 3 * phase)
    border = int(face.mean())
    grey = cv2.warpAffine(face, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderValue=border)
    light = 1 + flicker * random.uniform(-1, 1)
    lit = np.clip(grey * light + random.normal(0, noise, grey.shape), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(lit, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
