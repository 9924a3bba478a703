"""From the outputs of our own detector's network to faces, whatever executed the network."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.boxes import suppress
from models.detection.base import BgrImage, Detection, Landmarks, clip_to_image
from models.detection.grid import Cells, Floats, decode_boxes, decode_landmarks
from models.detection.letterbox import Letterboxed
from models.runtimes import Output


class Candidates(NamedTuple):
    """K cells that report a face, in pixels of the network's input; several of them mean the same face."""

    boxes: Floats
    """[K, 4] corners x1, y1, x2, y2."""
    points: Floats
    """[K, 5, 2] landmarks."""
    scores: Floats
    """[K] in 0..1."""


def decode(
    outputs: Sequence[Output], levels: Sequence[Cells], min_score: float, letterboxed: Letterboxed, image: BgrImage
) -> list[Detection]:
    """Turn the network's outputs into the faces of an image, the highest score first.

    Args:
        outputs: three a level, as the network has them: score, box, landmarks.
        levels: the cells of each level for the network's input size.
        min_score: least score, in 0..1.
        letterboxed: what the network was given of the image.
        image: the image, in whose pixels the answer is.
    """
    found = find_candidates(outputs, levels, min_score)
    if found is None:
        return []
    best = suppress(found.boxes, found.scores)
    scale = np.array([letterboxed.scale_x, letterboxed.scale_y], np.float32)
    boxes, points = found.boxes[best].reshape(-1, 2, 2) / scale, found.points[best] / scale
    return clip_to_image(map(_detection, boxes.tolist(), points.tolist(), found.scores[best].tolist()), image)


def find_candidates(outputs: Sequence[Output], levels: Sequence[Cells], min_score: float) -> Candidates | None:
    """Read the cells of at least ``min_score``, level by level; None if there is none. Arguments as for `decode`."""
    least = _logit(min_score)
    found = []
    for level, where in enumerate(levels):
        score, box, landmarks = outputs[3 * level : 3 * level + 3]
        hits = score.at_least(least)
        if len(hits):
            cells = where.at(hits)
            boxes, points = decode_boxes(box.rows(hits), cells), decode_landmarks(landmarks.rows(hits), cells)
            found.append(Candidates(boxes, points, _sigmoid(score.rows(hits)[:, 0])))
    if len(found) > 1:
        return Candidates(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    return found[0] if found else None


def _detection(box: list[list[float]], points: list[list[float]], score: float) -> Detection:
    (x1, y1), (x2, y2) = box
    landmarks: Landmarks = tuple(map(tuple, points))  # type: ignore[assignment]
    return Detection(x1, y1, x2 - x1, y2 - y1, score, landmarks)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _logit(score: float) -> float:
    """Return the raw output that stands for a score, so that only the cells kept need an exponential."""
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float(np.log(bounded / (1 - bounded)))
