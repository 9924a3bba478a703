"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

import numpy as np

from models.detection.base import Detection, Image, Landmarks, check_image, within
from models.detection.candidates import find_candidates
from models.detection.card import DetectorCard
from models.detection.grid import Cells, levels, suppress
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
        self._inputs: dict[Shape, tuple[Runtime, list[Cells]]] = {
            shape: (open_runtime("litert", content, source=self.card.file), levels(*shape)) for shape in self._shapes()
        }

    def detect(self, image: Image) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        shape = self._shape(image)
        runtime, cells = self._inputs[shape]
        letter = letterbox(image, *shape)
        found = find_candidates(runtime.run_one(letter.pixels[None]), cells, self.min_score)
        if found is None:
            return []
        best = suppress(found.boxes, found.scores)
        scale = np.array([letter.scale_x, letter.scale_y], np.float32)
        boxes, points = found.boxes[best].reshape(-1, 2, 2) / scale, found.points[best] / scale
        return within(map(_detection, boxes.tolist(), points.tolist(), found.scores[best].tolist()), image)

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


def _detection(box: list[list[float]], points: list[list[float]], score: float) -> Detection:
    (x1, y1), (x2, y2) = box
    landmarks: Landmarks = tuple(map(tuple, points))  # type: ignore[assignment]
    return Detection(x1, y1, x2 - x1, y2 - y1, score, landmarks)
