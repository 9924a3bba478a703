"""Emotion accuracy with a detector in front, as users get it: detectors and crops compared.

    python -m benchmarks.detected_emotions --emotions fer2013.zip --faces faces.zip [--images 700] [--model mien-2]

Public-test faces are enlarged to between 70 and 220 pixels and pasted into images without faces (validation images,
which our detector never saw); each detector finds them, each crop cuts them, the network reads them. A face that is not
found counts as read wrongly. The first row reads the test images themselves, as if every box were perfect. The last
table has the whole analysis of the same images as JPEGs, decoded in full and only as finely as their faces need.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from contracts.emotions import EMOTIONS
from models import Analyzer
from models.classification import Classifier, load_classifier
from models.cropping import CropFit, crop_faces
from models.detection import Detection, Detector, load_detector

SIZE = (480, 640)
SIDES = (70, 220)
MARGINS = (-0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2)
SHIFTS = (-0.05, 0.0, 0.05)


class Case(NamedTuple):
    """One composed image."""

    pixels: np.ndarray
    label: int
    square: tuple[int, int, int]
    """x, y and side of the pasted face."""


def compose(faces: np.ndarray, labels: np.ndarray, scenes: Sequence[np.ndarray], seed: int) -> Iterator[Case]:
    """Paste each face into a scene, its edge blurred a little."""
    rng = np.random.default_rng(seed)
    for face, label in zip(faces, labels, strict=True):
        scene = scenes[int(rng.integers(len(scenes)))]
        canvas = cv2.resize(scene, SIZE[::-1], interpolation=cv2.INTER_LINEAR)
        side = int(rng.integers(*SIDES))
        x, y = int(rng.integers(SIZE[1] - side)), int(rng.integers(SIZE[0] - side))
        large = cv2.cvtColor(cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)
        edge = np.zeros((side, side, 1), np.float32)
        rim = max(side // 24, 1)
        edge[rim:-rim, rim:-rim] = 1
        soft = cv2.blur(edge, (rim, rim))[..., None]
        part = canvas[y : y + side, x : x + side]
        canvas[y : y + side, x : x + side] = (large * soft + part * (1 - soft)).astype(np.uint8)
        yield Case(canvas, int(label), (x, y, side))


def pick(found: Sequence[Detection], square: tuple[int, int, int]) -> Detection | None:
    """Return the detection of the highest score whose middle lies in the pasted face."""
    x, y, side = square
    for each in found:
        if x < each.x + each.width / 2 < x + side and y < each.y + each.height / 2 < y + side:
            return each
    return None


def accuracy(classifier: Classifier, cases: Sequence[Case], found: Sequence[Detection | None], fit: CropFit) -> float:
    """Share of all cases that are found and read rightly."""
    pairs = [(case, face) for case, face in zip(cases, found, strict=True) if face is not None]
    crops = [crop_faces(case.pixels, [face], fit=fit) for case, face in pairs]
    if not crops:
        return 0.0
    answers = classifier.predict(np.concatenate(crops)).argmax(axis=1)
    return float(sum(answers == [case.label for case, _ in pairs])) / len(cases)


def fits(landmarks: bool) -> list[CropFit]:
    """Crops to compare; turning needs landmarks."""
    turns = (False, True) if landmarks else (False,)
    return [
        CropFit(margin=margin, down=down, align=align)
        for margin, down, align in itertools.product(MARGINS, SHIFTS, turns)
    ]


class FullSizeDetector:
    """A detector for which images are always decoded in full."""

    def __init__(self, detector: Detector) -> None:
        """Wrap a detector, which still finds the faces."""
        self.name, self.min_score, self.keep_score = detector.name, detector.min_score, detector.keep_score
        self.detect, self.smallest_face = detector.detect, detector.smallest_face

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``."""
        return longest_side


def whole_analysis(classifier: Classifier, detector: Detector, cases: Sequence[Case]) -> None:
    """Print how many faces are found and read rightly from JPEGs."""
    jpegs = [cv2.imencode(".jpg", case.pixels)[1].tobytes() for case in cases]
    print("\n| JPEG decoded | found | accuracy, all faces |\n| --- | --- | --- |")
    for label, each in (("in full", FullSizeDetector(detector)), ("as finely as is needed", detector)):
        analyzer = Analyzer(each, classifier)
        found = right = 0
        for case, jpeg in zip(cases, jpegs, strict=True):
            faces = sorted(analyzer.analyze(jpeg), key=lambda face: -face.detection_score)
            boxes = {Detection(**face.box.model_dump(), score=face.detection_score): face for face in faces}
            if (box := pick(list(boxes), case.square)) is not None:
                found += 1
                right += boxes[box].emotion == EMOTIONS[case.label]
        print(f"| {label} | {found / len(cases):.3f} | {right / len(cases):.3f} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emotions", type=Path, required=True, help="FER2013")
    parser.add_argument("--faces", type=Path, required=True, help="faces.zip")
    parser.add_argument("--images", type=int, default=700)
    parser.add_argument("--model", help="emotion network (default: the shipped one)")
    parser.add_argument("--detectors", nargs="+", default=["lite", "haar"])
    arguments = parser.parse_args()
    from training.detection.dataset import read_faces
    from training.shared.fer2013 import read_fer2013

    test = read_fer2013(arguments.emotions).public_test
    chosen = np.random.default_rng(0).permutation(len(test))[: arguments.images]
    held = read_faces(arguments.faces).validation
    scenes = [each.pixels for each in held if each.annotator == "none" and min(each.pixels.shape[:2]) >= 100]
    classifier = load_classifier(arguments.model)
    cases = list(compose(test.images[chosen], test.labels[chosen], scenes, seed=1))
    alone = classifier.predict(test.images[chosen]).argmax(axis=1) == test.labels[chosen]
    print(f"{classifier.name}, {len(cases)} public-test faces; read as they are: {alone.mean():.3f}\n")
    print("| detector | found | margin | down | aligned | accuracy, all faces |\n| --- | --- | --- | --- | --- | --- |")
    for name in arguments.detectors:
        detector = load_detector(name)
        found = [pick(detector.detect(case.pixels), case.square) for case in cases]
        share = sum(face is not None for face in found) / len(cases)
        with_points = any(face is not None and face.landmarks for face in found)
        rows = [(accuracy(classifier, cases, found, fit), fit) for fit in fits(with_points)]
        for value, fit in sorted(rows, key=lambda row: -row[0]):
            print(
                f"| {name} | {share:.3f} | {fit.margin:.2f} | {fit.down:.2f} | {fit.align} | {value:.3f} |", flush=True
            )
    whole_analysis(classifier, load_detector("lite"), cases)


if __name__ == "__main__":
    main()
