"""The detector as it is while it learns: the Keras network behind the same decoding as the shipped file."""

from typing import Any

import numpy as np

from models.detection.base import Detection, Image, within
from models.detection.candidates import find_candidates
from models.detection.grid import levels, suppress
from models.detection.letterbox import letterbox
from models.runtimes import Output


class KerasDetector:
    """Finds faces by a Keras network of ``training.detection.network``; for measuring, not for serving."""

    name = "keras"

    def __init__(self, network: Any, *, size: int = 320, min_score: float = 0.02) -> None:
        import tensorflow as tf

        self.min_score = min_score
        self._size = size
        self._levels = levels(size, size)
        self._run = tf.function(lambda images: network(images, training=False))

    def detect(self, image: Image) -> list[Detection]:
        """See ``models.detection.base.Detector.detect``."""
        letter = letterbox(image, self._size, self._size)
        maps = self._run(letter.pixels[None].astype(np.float32) / 255)
        found = find_candidates([Output(np.asarray(level)) for level in maps], self._levels, self.min_score)
        if found is None:
            return []
        scale = np.array([letter.scale_x, letter.scale_y], np.float32)
        faces = []
        for index in suppress(found.boxes, found.scores):
            x1, y1, x2, y2 = (found.boxes[index].reshape(2, 2) / scale).ravel().tolist()
            five: Any = tuple((float(x), float(y)) for x, y in found.points[index] / scale)
            faces.append(Detection(x1, y1, x2 - x1, y2 - y1, float(found.scores[index]), five))
        return within(faces, image)
