"""A tiny FER2013 that a network can learn: every label is a bar at its own angle, on a noisy ground."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from training.emotion.data import Fer2013, Split
from training.emotion.data.votes import CHOICES, EMOTION_CHOICES


def bar(label: int, rng: np.random.Generator) -> np.ndarray:
    """A bright bar through the middle whose angle says the label; uint8 [48, 48]."""
    image = np.asarray(rng.normal(90, 25, (48, 48)), np.float32)
    angle = np.pi * label / 14
    reach = 20 * np.array([np.cos(angle), np.sin(angle)])
    start, end = (24 - reach).round().astype(int), (24 + reach).round().astype(int)
    cv2.line(image, tuple(map(int, start)), tuple(map(int, end)), 230, 5)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def make_split(count: int, first: int, seed: int, *, votes: bool) -> Split:
    """``count`` images of every label; names go on from ``first``."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(EMOTIONS)), count)
    images = np.stack([bar(int(label), rng) for label in labels])
    names = tuple(f"fer{first + number:07d}.png" for number in range(len(labels)))
    table = None
    if votes:
        table = np.zeros((len(labels), len(CHOICES)), np.float32)
        table[np.arange(len(labels)), np.array(EMOTION_CHOICES)[labels]] = 7
        table[:, CHOICES.index("neutral")] += 3
    return Split(images, labels.astype(np.int64), names, table)


@pytest.fixture(scope="session")
def data() -> Fer2013:
    """70 training and 21 test images with votes."""
    return Fer2013(make_split(10, 0, 1, votes=True), make_split(3, 1000, 2, votes=True))


@pytest.fixture
def folder(tmp_path: Path, data: Fer2013) -> Path:
    """The same as label folders, without votes."""
    root = tmp_path / "fer"
    for part, split in (("train", data.train), ("test", data.public_test)):
        for image, label, name in zip(split.images, split.labels, split.names, strict=True):
            path = root / part / EMOTIONS[label].lower() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image)
    return root
