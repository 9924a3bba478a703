"""Measures any detector on pictures that it never learned from."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.detection.base import Detection, Image
from training.detection.dataset import Picture
from training.detection.metrics import COUNTED, Curve, Floats, Found, curve

BANDS: Final = {"24-48": (24.0, 48.0), "48-96": (48.0, 96.0), "96+": (96.0, float("inf"))}
"""Longer sides of faces in pixels."""

Detect = Callable[[Image], Sequence[Detection]]


class Report:
    """The answers of one detector for a set of pictures, and what they are worth."""

    def __init__(self, pictures: Sequence[Picture], answers: Sequence[Found]) -> None:
        pairs = list(zip(pictures, answers, strict=True))
        self._faces = [
            (answer, picture.boxes, picture.overlooked) for picture, answer in pairs if picture.source != "none"
        ]
        self._empty = [answer for picture, answer in pairs if picture.source == "none"]

    def curve(self, sizes: tuple[float, float] | None = None) -> Curve:
        """Precision and recall on the pictures with faces."""
        answers, truths, spared = ([row[part] for row in self._faces] for part in range(3))
        return curve(answers, truths, sizes=sizes or (COUNTED, np.inf), spared=spared)  # type: ignore[arg-type]

    def judged(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Scores of all boxes, and whether each is right; in pictures without a face none is."""
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
        """Boxes of at least this score per 100 pictures without a face."""
        return 100 * sum(int((answer.scores >= score).sum()) for answer in self._empty) / max(len(self._empty), 1)

    def scores(self, min_score: float) -> dict[str, Any]:
        """All figures, rounded, with precision, recall and false alarms at ``min_score``."""
        whole = self.curve()
        precision, recall = whole.at(min_score)
        return {
            "average_precision": round(whole.average_precision(), 4),
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
            "pictures": len(self._faces),
            "empty_pictures": len(self._empty),
        }


def measure(detect: Detect, pictures: Sequence[Picture]) -> Report:
    """Run a detector, loaded with a ``min_score`` near 0, on all pictures."""
    answers = []
    for picture in tqdm(pictures, desc="Detecting", unit="image", leave=False, mininterval=1):
        rows = [
            (found.x, found.y, found.x + found.width, found.y + found.height, found.score)
            for found in detect(picture.pixels)
        ]
        table = np.array(rows, np.float32).reshape(-1, 5)
        answers.append(Found(table[:, :4], table[:, 4]))
    return Report(pictures, answers)
