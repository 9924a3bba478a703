"""Cells of our own detector that report a face, before those that mean the same one are put together."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from models.detection.card import Calibration
from models.detection.grid import Cells, Floats, decode_boxes, decode_landmarks
from models.runtimes import Output

UNCHANGED: Final = Calibration()


class Candidates(NamedTuple):
    """K cells in pixels of the network's input."""

    boxes: Floats
    """[K, 4] corners x1, y1, x2, y2."""
    points: Floats
    """[K, 5, 2] landmarks."""
    scores: Floats
    """[K] in 0..1."""


def find_candidates(
    outputs: Sequence[Output],
    levels: Sequence[Cells],
    min_score: float,
    calibration: Calibration = UNCHANGED,
) -> Candidates | None:
    """Read the cells of at least ``min_score``, once calibrated, level by level; None if there is none.

    ``outputs`` are three a level, as the network has them: score, box, landmarks.
    """
    least = (_logit(min_score) - calibration.offset) / calibration.slope
    found = []
    for level, where in enumerate(levels):
        score, box, landmarks = outputs[3 * level : 3 * level + 3]
        hits = score.reaching(least)
        if len(hits):
            cells = where.at(hits)
            boxes, points = decode_boxes(box.rows(hits), cells), decode_landmarks(landmarks.rows(hits), cells)
            found.append(Candidates(boxes, points, _scores(score.rows(hits)[:, 0], calibration)))
    return joined(*found)


def joined(*found: Candidates | None) -> Candidates | None:
    """Put candidates together; None if there is none."""
    some = [each for each in found if each is not None]
    if len(some) > 1:
        return Candidates(*(np.concatenate(parts) for parts in zip(*some, strict=True)))
    return some[0] if some else None


def _scores(logits: Floats, calibration: Calibration) -> Floats:
    return np.asarray(1 / (1 + np.exp(-calibration.slope * logits - calibration.offset)), np.float32)


def _logit(score: float) -> float:
    """Return the raw output that stands for a score, so that only the cells kept need an exponential."""
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float(np.log(bounded / (1 - bounded)))
