"""Average precision by size of face, and recall at a precision."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.boxes import iou

OVERLAP: Final = 0.4
"""Intersection over union from which a box counts as the face."""
COUNTED: Final = 24.0
"""Longer side in pixels from which a face counts; smaller ones count neither as missed nor against a box."""

Floats = npt.NDArray[np.float32]


class Predictions(NamedTuple):
    """A detector's answer for one image."""

    boxes: Floats
    """[N, 4] corners in pixels."""
    scores: Floats
    """[N]."""


class Curve(NamedTuple):
    """Precision over recall, by falling score."""

    scores: Floats
    precision: Floats
    recall: Floats
    right: npt.NDArray[np.bool_]
    """Whether each box is one of the faces."""

    def average_precision(self) -> float:
        """Area under the curve, precision made monotonous first (as PASCAL VOC 2010 and COCO do)."""
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float(np.sum(np.diff(np.concatenate([[0.0], self.recall])) * best))

    def recall_at(self, precision: float) -> float:
        """Return the largest recall that still has this precision; 0 where none has."""
        return float(self.recall[self.precision >= precision].max(initial=0.0))

    def at(self, score: float) -> tuple[float, float]:
        """Return precision and recall of the boxes with at least this score."""
        kept = int((self.scores >= score).sum())
        return (float(self.precision[kept - 1]), float(self.recall[kept - 1])) if kept else (1.0, 0.0)


def curve(
    answers: Sequence[Predictions],
    truths: Sequence[Floats],
    *,
    sizes: tuple[float, float] = (COUNTED, np.inf),
    ignored: Sequence[Floats] | None = None,
) -> Curve:
    """Compare predictions with the ground truth.

    Each face is matched with the box of the highest score that overlaps it enough; a second box on it is a false
    alarm. Boxes on faces of other sizes are passed over, and so are unmatched boxes of other sizes where the range is
    a band. Where regions are ignored, unmatched boxes on them are passed over, and those of other sizes in any range,
    as COCO's evaluation does: faces of those sizes have no complete boxes.

    Args:
        answers: one an image.
        truths: true boxes [M, 4], one array an image.
        sizes: longer sides, in pixels, of the faces that count.
        ignored: regions [K, 4], one array an image: faces without a box of their own. None takes the boxes for
            complete.
    """
    scores: list[float] = []
    right: list[bool] = []
    faces = 0
    regions: Sequence[Floats | None] = ignored or [None] * len(truths)
    for answer, truth, region in zip(answers, truths, regions, strict=True):
        longest = (truth[:, 2:] - truth[:, :2]).max(axis=1, initial=0)
        counted = (longest >= sizes[0]) & (longest < sizes[1])
        faces += int(counted.sum())
        for score, hit in _judge(answer, truth, counted, sizes, region):
            scores.append(score)
            right.append(hit)
    order = np.argsort(-np.array(scores), kind="stable")
    judged = np.array(right, bool)[order] if right else np.empty(0, bool)
    hits = np.cumsum(np.array(right, np.float64)[order]) if right else np.empty(0)
    return Curve(
        np.array(scores, np.float32)[order] if right else np.empty(0, np.float32),
        (hits / np.arange(1, len(hits) + 1)).astype(np.float32),
        (hits / max(faces, 1)).astype(np.float32),
        judged,
    )


def _judge(
    answer: Predictions,
    truth: Floats,
    counted: npt.NDArray[np.bool_],
    sizes: tuple[float, float],
    ignored: Floats | None,
) -> list[tuple[float, bool]]:
    judged = []
    taken: set[int] = set()
    overlap = iou(answer.boxes[:, None], truth[None])
    regions = np.empty((0, 4), np.float32) if ignored is None else ignored
    spared = (iou(answer.boxes[:, None], regions[None]) >= OVERLAP).any(axis=1)
    banded = ignored is not None or sizes[1] < np.inf or sizes[0] > COUNTED
    for index in np.argsort(-answer.scores, kind="stable"):
        free = [face for face in np.flatnonzero(overlap[index] >= OVERLAP) if face not in taken]
        if free:
            face = max(free, key=lambda candidate: overlap[index, candidate])
            taken.add(int(face))
            if counted[face]:
                judged.append((float(answer.scores[index]), True))
            continue
        side = float((answer.boxes[index, 2:] - answer.boxes[index, :2]).max())
        if not spared[index] and (not banded or sizes[0] <= side < sizes[1]):
            judged.append((float(answer.scores[index]), False))
    return judged
