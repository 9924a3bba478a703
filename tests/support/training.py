"""A tiny FER2013 that a network can learn, small recipes, and what tests ask of a run."""

import csv
from pathlib import Path

import cv2
import numpy as np

from contracts.emotions import EMOTION_CHOICES, EMOTIONS
from training.emotion.learner import predict
from training.emotion.recipe import CLASSIC, MIEN, Augmentation
from training.shared.fer2013 import Fer2013, Split
from training.shared.fer2013.votes import CHOICES
from training.shared.run_folder import RunFolder

QUICK = CLASSIC.model_copy(
    update={
        "epochs": 3,
        "batch": 8,
        "validation": 0.2,
        "augmentation": Augmentation(flip=False, rotation=3, zoom=0.02),
        "learning_rate": 3e-3,
        "dropout": 0.1,
    }
)
"""Learns the bars in seconds."""

QUICK_CHANGES = [
    part
    for change in (
        "batch=8",
        "validation=0.2",
        "learning_rate=0.003",
        "dropout=0.1",
        "augmentation.flip=false",
        "augmentation.rotation=3",
        "augmentation.zoom=0.02",
    )
    for part in ("--set", change)
]
"""The recipe ``QUICK`` as the command line spells it."""

QUICK_MIEN = MIEN.model_copy(
    update={
        "epochs": 2,
        "batch": 14,
        "validation": 0.2,
        "precision": "float32",
        "warmup_epochs": 0.0,
        "learning_rate": 0.02,
        "average_decay": 0.5,
        "blur": True,
        "votes_head": 1.0,
    }
)
"""A few steps of mien's network, with all that it may have."""


def bar(label: int, rng: np.random.Generator) -> np.ndarray:
    """A bright bar through the middle, on a noisy ground, whose angle says the label; uint8 [48, 48]."""
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


def write_folders(root: Path, data: Fer2013) -> None:
    """Write the training and public-test images as label folders, without votes."""
    for part, split in (("train", data.train), ("test", data.public_test)):
        for image, label, name in zip(split.images, split.labels, split.names, strict=True):
            path = root / part / EMOTIONS[label].lower() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image)


def write_votes(path: Path, split: Split) -> None:
    """Write the votes of a split as FER+ does, with a row that belongs to no image."""
    assert split.votes is not None
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Usage", "Image name", *CHOICES])
        rows.writerow(["Training", "", *[0] * len(CHOICES)])
        for name, votes in zip(split.names, split.votes, strict=True):
            rows.writerow(["Training", name, *map(int, votes)])


def labels_by_image(data: Fer2013) -> dict[bytes, int]:
    """The label of every training and public-test image, by its pixels."""
    return {
        image.tobytes(): int(label)
        for split in (data.train, data.public_test)
        for image, label in zip(split.images, split.labels, strict=True)
    }


def weights(run: RunFolder) -> list[np.ndarray]:
    """Weights of the run's network."""
    import keras

    return [np.asarray(weight) for weight in keras.models.load_model(run.path / "network.keras").get_weights()]


def answers(run: RunFolder, data: Fer2013) -> np.ndarray:
    """Probabilities of the run's classic network on the test images."""
    import keras

    network = keras.models.load_model(run.path / "network.keras", compile=False)
    return predict(network, data.public_test.images, 1 / 255)
