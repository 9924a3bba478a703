"""How much less is read rightly of faces that are small, blurred, dark, cut or turned; and what telling costs.

    python -m benchmarks.quality --emotions fer2013.zip [--part validation|public_test]

Faces of FER2013 are damaged by degrees. Thresholds of `models/quality.py` are chosen on the validation part of the
network's training, where it reads five in a hundred fewer rightly; the public test tells how they fare.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from contracts.emotions import EMOTIONS
from contracts.results import Box
from models.classification import Classifier, load_classifier
from models.detection import load_detector
from models.detection.base import Landmarks
from models.quality import BLURRED, DARK, SMALL_PX, TURNED, brightness, flaws, sharpness, turn
from models.weights import WEIGHTS

SIDE: Final = 48
NOISE: Final = 2.0
"""Standard deviation of a sensor's noise, in grey values of 255, which does not become darker with the face."""
Damage = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
Measure = Callable[[np.ndarray], float]


def shrunk(image: np.ndarray, pixels: float, _: np.random.Generator) -> np.ndarray:
    """As a face of so many pixels shows it, enlarged again."""
    small = cv2.resize(image, (int(pixels), int(pixels)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def blurred(image: np.ndarray, sigma: float, _: np.random.Generator) -> np.ndarray:
    """Out of focus: a Gaussian of so many pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)) if sigma else image


def darkened(image: np.ndarray, light: float, random: np.random.Generator) -> np.ndarray:
    """With this part of the light, and the noise of a sensor."""
    return np.asarray(np.clip(image * light + random.normal(0, NOISE, image.shape), 0, 255).round(), np.uint8)


def cut(image: np.ndarray, part: float, random: np.random.Generator) -> np.ndarray:
    """Without this part at one side: the border repeats, as where an image ends."""
    missing, turns = round(part * SIDE), int(random.integers(4))
    turned = np.rot90(image, turns).copy()
    turned[:, :missing] = turned[:, missing : missing + 1]
    return np.ascontiguousarray(np.rot90(turned, -turns))


class Degrees(NamedTuple):
    """A damage, in levels from none to much."""

    name: str
    levels: Sequence[float]
    damage: Damage
    measure: Measure | None
    """None: what is measured is the level itself."""
    threshold: float


DEGREES: Final = (
    Degrees("pixels", (48, 40, 36, 32, 28, 24, 22, 20, 18, 16, 14, 12, 10), shrunk, None, 1.1 * SMALL_PX),
    Degrees("blur, sigma", (0, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3), blurred, sharpness, BLURRED),
    Degrees("light", (1, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.06, 0.03), darkened, brightness, DARK),
    Degrees("part cut off", (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3), cut, None, -1),
)
"""Of a small face, the pixels of the crop, which is 1.1 times as large as the face."""


def by_degrees(classifier: Classifier, images: np.ndarray, labels: np.ndarray, degrees: Degrees) -> None:
    """Print a row a level: the measure's quartiles, accuracy, and how many the threshold finds."""
    name, levels, damage, measure, threshold = degrees
    random = np.random.default_rng(0)
    print(f"\n| {name} | measured, median (quartiles) | accuracy | flagged |\n| --- | --- | --- | --- |")
    for level in levels:
        damaged = np.stack([damage(image, level, random) for image in images])
        right = classifier.predict(damaged).argmax(1) == labels
        values = np.array([measure(image) if measure else level for image in damaged])
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        flagged = values < threshold
        print(f"| {level:g} | {middle:.3f} ({low:.3f} to {high:.3f}) | {right.mean():.3f} | {flagged.mean():.3f} |")


def turned(classifier: Classifier, images: np.ndarray, labels: np.ndarray) -> None:
    """Print accuracy by how far faces are turned, as their landmarks tell."""
    detector, scene, offset = load_detector("lite"), 320, 88
    values = np.full(len(images), np.nan)
    for place, image in enumerate(images):
        canvas = np.full((scene, scene, 3), int(image.mean()), np.uint8)
        canvas[offset : offset + 144, offset : offset + 144] = cv2.resize(image, (144, 144))[..., None]
        found = detector.detect(canvas)
        if found and found[0].landmarks:
            values[place] = turn(found[0].landmarks)
    right = classifier.predict(images).argmax(1) == labels
    print(f"\nlandmarks of {np.isfinite(values).mean():.1%}\n\n| turn | faces | accuracy |\n| --- | --- | --- |")
    edges = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 9)
    for low, high in pairwise(edges):
        those = (values >= low) & (values < high)
        if those.any():
            print(f"| {low:g} to {high:g} | {those.sum()} | {right[those].mean():.3f} |")
    for name, those in (("up to", values <= TURNED), ("above", values > TURNED), ("none found", np.isnan(values))):
        print(f"| {name} {TURNED if name != 'none found' else ''} | {those.sum()} | {right[those].mean():.3f} |")


def as_they_are(classifier: Classifier, images: np.ndarray, labels: np.ndarray) -> None:
    """Print how faces that nobody damaged fare."""
    right = classifier.predict(images).argmax(1) == labels
    print(f"\n| undamaged | faces | accuracy |\n| --- | --- | --- |\n| all | {len(right)} | {right.mean():.3f} |")
    for name, those in (
        ("blurred", np.array([sharpness(image) < BLURRED for image in images])),
        ("dark", np.array([brightness(image) < DARK for image in images])),
    ):
        print(f"| {name} | {those.sum()} | {right[those].mean() if those.any() else float('nan'):.3f} |")


def cost(images: np.ndarray) -> None:
    """Print what a face costs."""
    box = Box(x=10, y=10, width=90, height=100)
    landmarks: Landmarks = ((30.0, 40.0), (70.0, 40.0), (50.0, 60.0), (35.0, 80.0), (65.0, 80.0))
    begun = time.perf_counter()
    for image in images:
        flaws(box, 640, 480, image, landmarks)
    print(f"\n{(time.perf_counter() - begun) / len(images) * 1e6:.1f} µs a face")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emotions", type=Path, required=True, help="FER2013")
    parser.add_argument("--part", choices=("validation", "public_test"), default="validation")
    arguments = parser.parse_args()
    from training.shared.fer2013 import hold_out, read_fer2013

    data, classifier = read_fer2013(arguments.emotions), load_classifier()
    recipe = json.loads((WEIGHTS / f"{classifier.name}.json").read_text(encoding="utf-8"))["recipe"]
    held = hold_out(data.train, recipe["validation"], recipe["seed"])[1]
    part = held if arguments.part == "validation" else data.public_test
    images, labels = part.images, part.labels
    assert len(EMOTIONS) > labels.max()
    print(f"{classifier.name}, {len(images)} faces, {arguments.part}")
    as_they_are(classifier, images, labels)
    for degrees in DEGREES:
        by_degrees(classifier, images, labels, degrees)
    turned(classifier, images, labels)
    cost(images)


if __name__ == "__main__":
    main()
