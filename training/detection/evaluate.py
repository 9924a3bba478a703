"""Measures any detector on images that it never learned from."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from models.detection.base import BgrImage, Detection
from training.detection.dataset import LabelledImage
from training.detection.metrics import Curve, Predictions, curve

BANDS: Final = {"24-48": (24.0, 48.0), "48-96": (48.0, 96.0), "96+": (96.0, float("inf"))}
"""Longer sides of faces in pixels."""

Detect = Callable[[BgrImage], Sequence[Detection]]


class Report:
    """The predictions of one detector for a set of images, measured against the ground truth."""

    def __init__(self, images: Sequence[LabelledImage], answers: Sequence[Predictions]) -> None:
        """Pair images with what was found in each."""
        pairs = list(zip(images, answers, strict=True))
        self._faces = [(answer, image.boxes) for image, answer in pairs if image.annotator != "none"]
        self._empty = [answer for image, answer in pairs if image.annotator == "none"]

    def curve(self, sizes: tuple[float, float] | None = None) -> Curve:
        """Precision and recall on the images with faces."""
        answers, truths = [pair[0] for pair in self._faces], [pair[1] for pair in self._faces]
        return curve(answers, truths) if sizes is None else curve(answers, truths, sizes=sizes)

    def false_alarms(self, score: float) -> float:
        """Boxes of at least this score per 100 images without a face."""
        return 100 * sum(int((answer.scores >= score).sum()) for answer in self._empty) / max(len(self._empty), 1)

    def scores(self, min_score: float) -> dict[str, Any]:
        """All figures, rounded, with precision, recall and false alarms at ``min_score``."""
        whole = self.curve()
        precision, recall = whole.at(min_score)
        return {
            "average_precision": round(whole.average_precision(), 4),
            "recall_at_90_precision": round(whole.recall_at(0.9), 4),
            "recall_at_95_precision": round(whole.recall_at(0.95), 4),
            "average_precision_by_size": {
                name: round(self.curve(band).average_precision(), 4) for name, band in BANDS.items()
            },
            "min_score": min_score,
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "false_alarms_per_100": round(self.false_alarms(min_score), 2),
            "pictures": len(self._faces),
            "empty_pictures": len(self._empty),
        }


def measure(detect: Detect, images: Sequence[LabelledImage]) -> Report:
    """Run a detector on images.

    Args:
        detect: of a detector that was loaded with a ``min_score`` near 0, so that the whole curve is seen.
        images: with their ground truth.
    """
    answers = []
    for image in tqdm(images, desc="Detecting", unit="image", leave=False, mininterval=1):
        rows = [
            (found.x, found.y, found.x + found.width, found.y + found.height, found.score)
            for found in detect(image.pixels)
        ]
        table = np.array(rows, np.float32).reshape(-1, 5)
        answers.append(Predictions(table[:, :4], table[:, 4]))
    return Report(images, answers)
