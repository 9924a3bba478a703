"""The detector as it is while it learns: the Keras network behind the same decoding as the shipped file."""

from typing import Any

import numpy as np

from models.detection.base import BgrImage, Detection
from models.detection.decoding import find_candidates, to_detections
from models.detection.grid import levels
from models.detection.letterbox import letterbox
from models.runtimes import Output


class KerasDetector:
    """Finds faces by a Keras network of ``training.detection.network``; for measuring, not for serving."""

    name = "keras"

    def __init__(self, network: Any, *, size: int = 320, min_score: float = 0.02) -> None:
        """Wrap a network.

        Args:
            network: as ``training.detection.network.build`` makes it.
            size: side of its square input, in pixels.
            min_score: least score of what is found, in 0..1.
        """
        import tensorflow as tf

        self.min_score = min_score
        self._size = size
        self._levels = levels(size, size)
        self._run = tf.function(lambda images: network(images, training=False))

    def detect(self, image: BgrImage) -> list[Detection]:
        """See ``models.detection.base.Detector.detect``."""
        letterboxed = letterbox(image, self._size, self._size)
        maps = self._run(letterboxed.pixels[None].astype(np.float32) / 255)
        outputs = [Output(np.asarray(level)) for level in maps]
        found = find_candidates(outputs, self._levels, self.min_score)
        scale = np.array([1 / letterboxed.scale_x, 1 / letterboxed.scale_y], np.float32)
        return [] if found is None else to_detections(found, self.min_score, scale, image)
