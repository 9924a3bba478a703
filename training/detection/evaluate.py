"""Measures any detector on images that it never learned from."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.detection.base import BgrImage, Detection
from training.detection.dataset import LabelledImage
from training.detection.metrics import COUNTED, Curve, Floats, Predictions, curve

BANDS: Final = {"24-48": (24.0, 48.0), "48-96": (48.0, 96.0), "96+": (96.0, float("inf"))}
"""Longer sides of faces in pixels."""

Detect = Callable[[BgrImage], Sequence[Detection]]


class Report:
    """The predictions of one detector for a set of images, measured against the ground truth."""

    def __init__(self, images: Sequence[LabelledImage], answers: Sequence[Predictions]) -> None:
        """Pair images with what was found in each."""
        pairs = list(zip(images, answers, strict=True))
        faces = [(image, answer) for image, answer in pairs if image.annotator != "none"]
        self._answers = [answer for _, answer in faces]
        self._truths = [image.boxes for image, _ in faces]
        self._overlooked = [image.overlooked for image, _ in faces]
        self._empty = [answer for image, answer in pairs if image.annotator == "none"]

    def curve(self, sizes: tuple[float, float] = (COUNTED, float("inf"))) -> Curve:
        """Precision and recall on the images with faces; faces known to have no box are ignored regions."""
        return curve(self._answers, self._truths, sizes=sizes, ignored=self._overlooked)

    def labelled_curve(self) -> Curve:
        """Precision and recall if the boxes drawn were complete: what `faces-1` was first measured by."""
        return curve(self._answers, self._truths)

    def judged(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Scores of all boxes, and whether each is right; in images without a face none is."""
        whole = self.curve()
        alarms = np.concatenate([answer.scores for answer in self._empty] or [np.empty(0, np.float32)])
        return np.concatenate([whole.scores, alarms]), np.concatenate([whole.right, np.zeros(len(alarms), bool)])

    def right_by_score(self) -> dict[str, dict[str, float]]:
        """Share of right boxes, and how many boxes there are, in each tenth of the scores."""
        scores, right = self.judged()
        tenths = np.minimum((scores * 10).astype(int), 9)
        return {
            f"{tenth / 10:.1f}": {
                "right": round(float(right[tenths == tenth].mean()), 3),
                "boxes": int((tenths == tenth).sum()),
            }
            for tenth in range(10)
            if (tenths == tenth).any()
        }

    def false_alarms(self, score: float) -> float:
        """Boxes of at least this score per 100 images without a face."""
        return 100 * sum(int((answer.scores >= score).sum()) for answer in self._empty) / max(len(self._empty), 1)

    def scores(self, min_score: float) -> dict[str, Any]:
        """All figures, rounded, with precision, recall and false alarms at ``min_score``."""
        whole = self.curve()
        precision, recall = whole.at(min_score)
        return {
            "average_precision": round(whole.average_precision(), 4),
            "average_precision_as_labelled": round(self.labelled_curve().average_precision(), 4),
            "average_precision_from_16": round(self.curve((16.0, np.inf)).average_precision(), 4),
            "recall_at_90_precision": round(whole.recall_at(0.9), 4),
            "recall_at_95_precision": round(whole.recall_at(0.95), 4),
            "average_precision_by_size": {
                name: round(self.curve(band).average_precision(), 4) for name, band in BANDS.items()
            },
            "min_score": min_score,
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "false_alarms_per_100": round(self.false_alarms(min_score), 2),
            "pictures": len(self._answers),
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
