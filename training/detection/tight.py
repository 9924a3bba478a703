"""Faces of FER2013, cut close to brows and chin: what people send when they crop a face themselves."""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from training.data import read_fer2013
from training.detection.dataset import Picture, Split

BOX: Final = (0.09, 0.03, 0.91, 0.99)
"""Where a face's box lies in its picture: the median of what `faces-1` says of 635 of them, rounded."""


def add_tight(data: Split, path: Path) -> Split:
    """Add the training part of FER2013 to ``data``; the rest is what whole analyses are measured with.

    Raises DataError where there is no FER2013 at ``path``.
    """
    train = read_fer2013(path).train
    digest = hashlib.sha256()
    pictures = []
    for name, image in zip(train.names, train.images, strict=True):
        digest.update(image.tobytes())
        boxes = np.array([BOX], np.float32) * np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        points = np.full((1, 5, 2), np.nan, np.float32)
        pictures.append(Picture(name, "tight", np.repeat(image[..., None], 3, axis=2), boxes, points, bare=True))
    return data._replace(train=[*data.train, *pictures], tight_sha256=digest.hexdigest())
