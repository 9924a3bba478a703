"""How right a detector is: average precision by size of face, recall at a precision, false alarms."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

OVERLAP: Final = 0.4
"""Intersection over union from which a box counts as the face."""
COUNTED: Final = 24.0
"""Longer side in pixels from which a face counts; smaller ones are neither asked for nor held against a box."""

Floats = npt.NDArray[np.float32]


class Found(NamedTuple):
    """A detector's answer for one picture."""

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
    answers: Sequence[Found],
    truths: Sequence[Floats],
    *,
    sizes: tuple[float, float] = (COUNTED, np.inf),
    spared: Sequence[Floats] | None = None,
) -> Curve:
    """Compare answers with true boxes [M, 4], one each a picture, for faces of these sizes (longer side).

    Each face is given to the surest box that overlaps it enough; a second box on it is a false alarm. Boxes on
    faces of other sizes are passed over, and so are unmatched boxes of other sizes, and those on regions ``spared``
    [K, 4], one array a picture: faces that nobody drew a box around.
    """
    scores: list[float] = []
    right: list[bool] = []
    faces = 0
    nothing = np.empty((0, 4), np.float32)
    for answer, truth, region in zip(answers, truths, spared or [nothing] * len(truths), strict=True):
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
    answer: Found, truth: Floats, counted: npt.NDArray[np.bool_], sizes: tuple[float, float], spared: Floats
) -> list[tuple[float, bool]]:
    judged = []
    taken: set[int] = set()
    overlap = overlap_matrix(answer.boxes, truth)
    passed = np.asarray((overlap_matrix(answer.boxes, spared) >= OVERLAP).any(axis=1))
    for index in np.argsort(-answer.scores, kind="stable"):
        free = [face for face in np.flatnonzero(overlap[index] >= OVERLAP) if face not in taken]
        if free:
            face = max(free, key=lambda candidate: overlap[index, candidate])
            taken.add(int(face))
            if counted[face]:
                judged.append((float(answer.scores[index]), True))
            continue
        side = float((answer.boxes[index, 2:] - answer.boxes[index, :2]).max())
        if sizes[0] <= side < sizes[1] and not passed[index]:
            judged.append((float(answer.scores[index]), False))
    return judged


def overlap_matrix(a: Floats, b: Floats) -> Floats:
    """Intersection over union of each box of ``a`` [N, 4] with each of ``b`` [M, 4]: [N, M]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    areas = [np.maximum(x[:, 2:] - x[:, :2], 0).prod(axis=1) for x in (a, b)]
    result: Floats = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-6)
    return result
