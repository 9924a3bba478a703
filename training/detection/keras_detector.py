"""The detector as it is while it learns: the Keras network behind the same decoding as the shipped file."""

from typing import Any

import numpy as np

from models.detection.base import Detection, Image, within
from models.detection.grid import cells, decode_boxes, decode_landmarks, suppress
from models.detection.letterbox import letterbox


class KerasDetector:
    """Finds faces by a Keras network of ``training.detection.network``; for measuring, not for serving."""

    name = "keras"

    def __init__(self, network: Any, *, size: int = 320, min_score: float = 0.02) -> None:
        import tensorflow as tf

        self.min_score = min_score
        self._size = size
        self._cells = cells(size, size)
        self._run = tf.function(lambda images: network(images, training=False))

    def detect(self, image: Image) -> list[Detection]:
        """See ``models.detection.base.Detector.detect``."""
        letter = letterbox(image, self._size, self._size)
        maps = self._run(letter.pixels[None].astype(np.float32) / 255)
        score, box, points = (
            np.concatenate([np.asarray(level).reshape(-1, level.shape[-1]) for level in maps[kind::3]])
            for kind in range(3)
        )
        sure = 1 / (1 + np.exp(-score[:, 0]))
        kept = np.flatnonzero(sure >= self.min_score)
        where = type(self._cells)(self._cells.centres[kept], self._cells.strides[kept])
        boxes, landmarks = decode_boxes(box[kept], where), decode_landmarks(points[kept], where)
        scale = np.array([letter.scale_x, letter.scale_y], np.float32)
        found = []
        for index in suppress(boxes, sure[kept]):
            x1, y1, x2, y2 = (boxes[index].reshape(2, 2) / scale).ravel().tolist()
            five: Any = tuple((float(x), float(y)) for x, y in landmarks[index] / scale)
            found.append(Detection(x1, y1, x2 - x1, y2 - y1, float(sure[kept[index]]), five))
        return within(found, image)
