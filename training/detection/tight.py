"""Faces of FER2013, cut close to brows and chin, as clients crop faces themselves."""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from training.detection.dataset import LabelledImage, Split
from training.shared.fer2013 import read_fer2013

BOX: Final = (0.09, 0.03, 0.91, 0.99)
"""Where a face's box lies in its image: the median of what `faces-1` says of 635 of them, rounded."""


def add_tight(data: Split, path: Path) -> Split:
    """Add the training part of FER2013 to the images to train with; whole analyses are measured with its test parts.

    Args:
        data: of ``faces.zip``.
        path: of FER2013.

    Raises:
        DataError: there is no FER2013 at ``path``.
    """
    train = read_fer2013(path).train
    digest = hashlib.sha256()
    images = []
    for name, image in zip(train.names, train.images, strict=True):
        digest.update(image.tobytes())
        boxes = np.array([BOX], np.float32) * np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        points = np.full((1, 5, 2), np.nan, np.float32)
        images.append(LabelledImage(name, "tight", np.repeat(image[..., None], 3, axis=2), boxes, points, bare=True))
    return data._replace(train=[*data.train, *images], tight_sha256=digest.hexdigest())
