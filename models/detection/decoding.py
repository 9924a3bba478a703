"""From the outputs of our own detector's network to faces, whatever executed the network."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.boxes import suppress
from models.detection.base import BgrImage, Detection, Landmarks, clip_to_image
from models.detection.card import Calibration
from models.detection.grid import Cells, Floats, decode_boxes, decode_landmarks
from models.runtimes import Output

UNCHANGED: Final = Calibration()


class Candidates(NamedTuple):
    """K cells that report a face, in pixels of an input or of an image; several of them mean the same face."""

    boxes: Floats
    """[K, 4] corners x1, y1, x2, y2."""
    points: Floats
    """[K, 5, 2] landmarks."""
    scores: Floats
    """[K] in 0..1."""

    def at(self, chosen: npt.NDArray[np.bool_]) -> "Candidates":
        """Give those that are ``chosen`` [K]."""
        return Candidates(self.boxes[chosen], self.points[chosen], self.scores[chosen])

    def scaled(self, scale: Floats) -> "Candidates":
        """Give the same in pixels of an image that is ``scale`` [2], x and y, times as large."""
        return Candidates(self.boxes * np.tile(scale, 2), self.points * scale, self.scores)

    def moved(self, offset: Floats) -> "Candidates":
        """Give the same in pixels of an image of which this one is the part that begins at ``offset`` [2], x and y."""
        return Candidates(self.boxes + np.tile(offset, 2), self.points + offset, self.scores)

    def longer_sides(self) -> Floats:
        """Longer sides [K] of the boxes."""
        return np.asarray((self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1, initial=0), np.float32)


def find_candidates(
    outputs: Sequence[Output], levels: Sequence[Cells], min_score: float, calibration: Calibration = UNCHANGED
) -> Candidates | None:
    """Read the cells of at least ``min_score``, level by level.

    Args:
        outputs: three a level, as the network has them: score, box, landmarks.
        levels: the cells of each level for the network's input size.
        min_score: least score after the calibration, in 0..1.
        calibration: of the network's raw scores.

    Returns:
        Candidates in pixels of the input; None if there is none.
    """
    least = raw_score(min_score, calibration)
    found = []
    for level, where in enumerate(levels):
        score, box, landmarks = outputs[3 * level : 3 * level + 3]
        hits = score.at_least(least)
        if len(hits):
            cells = where.at(hits)
            boxes, points = decode_boxes(box.rows(hits), cells), decode_landmarks(landmarks.rows(hits), cells)
            found.append(Candidates(boxes, points, calibrated(score.rows(hits)[:, 0], calibration)))
    return joined(*found)


def joined(*found: Candidates | None) -> Candidates | None:
    """Put candidates together; None if there is none."""
    some = [each for each in found if each is not None]
    if len(some) > 1:
        return Candidates(*(np.concatenate(parts) for parts in zip(*some, strict=True)))
    return some[0] if some else None


def to_detections(found: Candidates, min_score: float, scale: Floats, image: BgrImage) -> list[Detection]:
    """Turn candidates into the faces of an image, the highest score first.

    Args:
        found: the candidates.
        min_score: least score, in 0..1.
        scale: [2], x and y, pixels of the image for one of the candidates'.
        image: in whose pixels the answer is.
    """
    best = [number for number in suppress(found.boxes, found.scores) if found.scores[number] >= min_score]
    boxes, points = found.boxes[best].reshape(-1, 2, 2) * scale, found.points[best] * scale
    return clip_to_image(map(_detection, boxes.tolist(), points.tolist(), found.scores[best].tolist()), image)


def _detection(box: list[list[float]], points: list[list[float]], score: float) -> Detection:
    (x1, y1), (x2, y2) = box
    landmarks: Landmarks = tuple(map(tuple, points))  # type: ignore[assignment]
    return Detection(x1, y1, x2 - x1, y2 - y1, score, landmarks)


def calibrated(logits: Floats, calibration: Calibration) -> Floats:
    """Scores in 0..1 of raw outputs, of any shape."""
    return np.asarray(1 / (1 + np.exp(-calibration.slope * logits - calibration.offset)), np.float32)


def raw_score(score: float, calibration: Calibration = UNCHANGED) -> float:
    """The raw output that stands for a score in 0..1, so that only the cells kept need an exponential."""
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float((np.log(bounded / (1 - bounded)) - calibration.offset) / calibration.slope)
