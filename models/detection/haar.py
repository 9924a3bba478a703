"""Faces by the cascade of Viola and Jones that comes with OpenCV: no weights to fetch, frontal faces only."""

import math
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from contracts.errors import InvalidWeights
from models.detection.base import BgrImage, Detection, check_image, clip_to_image

CASCADE = "haarcascade_frontalface_alt2.xml"
WORKING_SIZE = 320
"""Longest side searched, in pixels: half the time of 512 for a sixth of the average precision."""
SMALLEST_FACE = 20
"""The side of the cascade's window, in pixels of the working size."""
EVEN_WEIGHT, STEEPNESS = 54.9, 2.5
"""The last stage's weight at which half of the windows are faces, and how fast that share rises with it."""


class HaarDetector:
    """OpenCV's frontal cascade on a bounded working size.

    The score is a logistic function of the last stage's weight (`detectMultiScale3`). Of OpenCV's frontal
    cascades and their settings, `alt2` with two neighbours and the histogram left alone has the best average
    precision on hand-drawn boxes.

    A cascade is not safe to share, so each thread builds its own.
    """

    name = "haar"

    def __init__(self, min_score: float = 0.5, *, working_size: int | None = WORKING_SIZE) -> None:
        """Load the cascade.

        Args:
            min_score: least score of what is found, in 0..1.
            working_size: bounds the longest side that is searched, in pixels; None searches the whole image.

        Raises:
            InvalidWeights: this OpenCV has no such cascade.
        """
        self.min_score = self.keep_score = min_score
        self._working_size = working_size
        self._local = threading.local()
        self._cascade()  # a wheel without cascades is found out now, not at the first image

    def detect(
        self,
        image: BgrImage,
        original: int | None = None,  # noqa: ARG002
        *,
        keep: bool = False,  # noqa: ARG002
    ) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        grey, scale = self._prepare(image)
        if min(grey.shape) < SMALLEST_FACE:
            return []
        boxes, _, weights = self._cascade().detectMultiScale3(
            grey,
            scaleFactor=1.1,
            minNeighbors=2,
            minSize=(SMALLEST_FACE, SMALLEST_FACE),
            outputRejectLevels=True,
        )
        found = []
        for (x, y, width, height), weight in zip(np.reshape(boxes, (-1, 4)).tolist(), np.ravel(weights), strict=True):
            score = score_of(float(weight))
            if score >= self.min_score:
                found.append(Detection(x * scale, y * scale, width * scale, height * scale, score))
        return clip_to_image(found, image)

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``."""
        return self._working_size or longest_side

    def smallest_face(self, width: int, height: int) -> float:
        """See ``Detector.smallest_face``."""
        longest = max(width, height)
        return SMALLEST_FACE * longest / min(self._working_size or longest, longest)

    def _prepare(self, image: BgrImage) -> tuple[Any, float]:
        """Return the grey image at the working size, and what its pixels are worth in the original."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        longest = max(grey.shape)
        if self._working_size is None or longest <= self._working_size:
            return grey, 1.0
        scale = longest / self._working_size
        size = (max(round(grey.shape[1] / scale), 1), max(round(grey.shape[0] / scale), 1))
        return cv2.resize(grey, size, interpolation=cv2.INTER_AREA), scale

    def _cascade(self) -> Any:
        cascade = getattr(self._local, "cascade", None)
        if cascade is None:
            path = Path(cv2.data.haarcascades) / CASCADE  # type: ignore[attr-defined]
            cascade = cv2.CascadeClassifier(str(path))
            if cascade.empty():
                raise InvalidWeights(f"This OpenCV ({cv2.__version__}) has no {CASCADE}; 4.14 has it.")
            self._local.cascade = cascade
        return cascade


def score_of(weight: float) -> float:
    """Probability that a window of this last-stage weight is a face."""
    return 1.0 / (1.0 + math.exp(-STEEPNESS * (weight - EVEN_WEIGHT)))
