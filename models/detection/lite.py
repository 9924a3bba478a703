"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

import numpy as np

from models.detection.base import Detection, Image, Landmarks, check_image, within
from models.detection.candidates import Candidates, find_candidates, joined
from models.detection.card import DetectorCard, Shape
from models.detection.grid import Floats, suppress
from models.detection.letterbox import letterbox, reduced
from models.detection.looks import EFFORT, LARGEST, SMALL, Effort, Inputs
from models.runtimes import RuntimeName, open_runtime
from models.weights import WEIGHTS, load_weights

NETWORK: Final = "faces-1"


class LiteDetector:
    """An anchor-free network of three strides (`training.detection.network`), five landmarks a face.

    A picture is fitted into one of three inputs of about equal cost: landscape, portrait or square. A large one, and
    one that shows a crowd, is then looked at more closely in a larger input, and what both looks found is put
    together: large faces are seen by the first, small ones by the second. ``effort`` bounds the larger inputs, by their
    longer side in pixels. ``runtime`` "keras" runs the network as it was trained, in floating point.
    """

    name = "lite"

    def __init__(
        self,
        min_score: float | None = None,
        *,
        network: str = NETWORK,
        folder: Path = WEIGHTS,
        effort: int = EFFORT,
        runtime: RuntimeName = "litert",
    ) -> None:
        variant = "keras" if runtime == "keras" else None
        content, self.card = load_weights(network, DetectorCard, folder, variant=variant)
        file = self.card.file if variant is None else self.card.variants[variant].file
        self.min_score = self.card.min_score if min_score is None else min_score
        self.keep_score = min(self.card.keep_score, self.min_score)
        self._effort = Effort(self.card, effort)
        self._inputs = Inputs(lambda: open_runtime(runtime, content, source=file))
        self._inputs.of(self.card.wide)  # a damaged file is found out now, not at the first picture

    def detect(self, image: Image, original: int | None = None) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        height, width = image.shape[:2]
        shape = self._effort.first(width, height)
        nearer = self._effort.closer(width, height, original or max(width, height))
        small = reduced(image, *nearer) if nearer else image  # once, for both looks
        seen = self._look(small, shape)
        if nearer is None and seen is not None:
            nearer = self._effort.crowd(width, height, self._small(seen, min(shape[0] / height, shape[1] / width)))
        found = joined(seen, self._look(small, nearer, largest=LARGEST) if nearer else None)
        if found is None:
            return []
        best = [number for number in suppress(found.boxes, found.scores) if found.scores[number] >= self.min_score]
        scale = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        boxes, points = found.boxes[best].reshape(-1, 2, 2) * scale, found.points[best] * scale
        return within(map(_detection, boxes.tolist(), points.tolist(), found.scores[best].tolist()), image)

    def enough(self, longer: int) -> int:
        """See ``Detector.enough``: what fills the largest input that such an original gets."""
        return self._effort.enough(longer)

    def smallest_face(self, width: int, height: int) -> float:
        """See ``Detector.smallest_face``."""
        return self._effort.smallest(width, height)

    def _small(self, seen: Candidates, scale: float) -> int:
        """Count the faces found that are small in the input, which is ``scale`` times the picture."""
        likely = (seen.scores >= self.card.keep_score) & (_longer_sides(seen) * scale < SMALL)
        return len(suppress(seen.boxes[likely], seen.scores[likely])) if likely.any() else 0

    def _look(self, image: Image, shape: Shape, *, largest: float = np.inf) -> Candidates | None:
        """Find what may be a face of at most ``largest`` input pixels by one input; in pixels of the picture."""
        runtime, cells = self._inputs.of(shape)
        letter = letterbox(image, *shape)
        # Down to what a face is kept for: small ones that are not quite sure still show that this is a crowd.
        found = find_candidates(
            runtime.run_one(letter.pixels[None]), cells, min(self.min_score, self.keep_score), self.card.calibration
        )
        if found is None:
            return None
        if largest < np.inf:
            small = _longer_sides(found) <= largest
            found = Candidates(found.boxes[small], found.points[small], found.scores[small])
        scale = np.array([letter.scale_x, letter.scale_y] * 2, np.float32)
        return Candidates(found.boxes / scale, found.points / scale[:2], found.scores)


def _longer_sides(found: Candidates) -> Floats:
    return np.asarray((found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0), np.float32)


def _detection(box: list[list[float]], points: list[list[float]], score: float) -> Detection:
    (x1, y1), (x2, y2) = box
    landmarks: Landmarks = tuple(map(tuple, points))  # type: ignore[assignment]
    return Detection(x1, y1, x2 - x1, y2 - y1, score, landmarks)
