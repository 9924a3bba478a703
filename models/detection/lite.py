"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

import numpy as np

from models.detection.base import Detection, Image, Landmarks, check_image, within
from models.detection.card import DetectorCard
from models.detection.grid import Cells, Floats, cells, decode_boxes, decode_landmarks, suppress
from models.detection.letterbox import letterbox
from models.runtimes import Runtime, open_runtime
from models.weights import WEIGHTS, load_weights

NETWORK: Final = "faces-1"
ABOUT_SQUARE: Final = 1.16
"""Longer side over shorter side up to which a picture goes into the square input."""

LARGE: Final = 720
"""Longer side in pixels above which a picture gets the larger inputs."""

Shape = tuple[int, int]


class LiteDetector:
    """An anchor-free network of three strides (`training.detection.network`), five landmarks a face.

    A picture is fitted into one of three inputs of about equal cost: landscape, portrait or square; a large picture
    into a larger one of the same form, so that its small faces stay visible. Each input has a runtime of its own, for
    giving an interpreter another size costs more than running it.
    """

    name = "lite"

    def __init__(self, min_score: float | None = None, *, network: str = NETWORK, folder: Path = WEIGHTS) -> None:
        content, self.card = load_weights(network, DetectorCard, folder)
        self.min_score = self.card.min_score if min_score is None else min_score
        self._inputs: dict[Shape, tuple[Runtime, Cells]] = {
            shape: (open_runtime("litert", content, source=self.card.file), cells(*shape)) for shape in self._shapes()
        }

    def detect(self, image: Image) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        shape = self._shape(image)
        runtime, everywhere = self._inputs[shape]
        letter = letterbox(image, *shape)
        maps = runtime.run(letter.pixels[None])
        logits, raw, offsets = (_joined(maps[kind::3]) for kind in range(3))
        kept = np.flatnonzero(logits[:, 0] >= _logit(self.min_score))
        if not len(kept):
            return []
        scale = np.array([letter.scale_x, letter.scale_y], np.float32)
        boxes: Floats = decode_boxes(raw[kept], everywhere.at(kept)) / np.concatenate([scale, scale])
        scores = np.asarray(1 / (1 + np.exp(-logits[kept, 0])), np.float32)
        best = suppress(boxes, scores)
        faces = kept[best]
        points = decode_landmarks(offsets[faces], everywhere.at(faces)) / scale
        return within(map(_detection, boxes[best].tolist(), points.tolist(), scores[best].tolist()), image)

    def enough(self, longer: int) -> int:
        """See ``Detector.enough``: what fills its input, and shows that a large picture is one."""
        return LARGE + 1 if longer > LARGE else max(self.card.wide)

    def _shape(self, image: Image) -> Shape:
        """Choose the input for a picture: height and width in pixels."""
        height, width = image.shape[:2]
        large = max(height, width) > LARGE
        if max(height, width) <= ABOUT_SQUARE * min(height, width):
            return self.card.far_square if large else self.card.square
        tall, wide = self.card.far_wide if large else self.card.wide
        return (tall, wide) if width > height else (wide, tall)

    def _shapes(self) -> set[Shape]:
        wide, far = self.card.wide, self.card.far_wide
        return {wide, wide[::-1], self.card.square, far, far[::-1], self.card.far_square}


def _joined(levels: tuple[np.ndarray, ...]) -> Floats:
    """Join the maps [1, rows, columns, channels] of all levels to [N, channels], in the order of the cells."""
    joined: Floats = np.concatenate([level.reshape(-1, level.shape[-1]) for level in levels])
    return joined


def _detection(box: list[float], points: list[list[float]], score: float) -> Detection:
    x1, y1, x2, y2 = box
    landmarks: Landmarks = tuple(map(tuple, points))  # type: ignore[arg-type, assignment]
    return Detection(x1, y1, x2 - x1, y2 - y1, score, landmarks)


def _logit(score: float) -> float:
    """Return the raw output that stands for a score, so that only the cells kept need an exponential."""
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float(np.log(bounded / (1 - bounded)))
