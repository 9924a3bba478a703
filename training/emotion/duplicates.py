"""Finds test images that are also among the training images: FER2013 has many, some mirrored or resaved."""

from typing import Final

import numpy as np

from training.shared.fer2013 import Split

_SIDE: Final = 12
_NEAR: Final = 0.985
"""Correlation of two thumbnails above which they count as the same image; chosen by looking at pairs around it."""

_ROWS: Final = 512


def without_duplicates(test: Split, training: Split) -> np.ndarray:
    """Find the test images that have no copy, mirrored copy or near copy among the training images.

    Images are compared as thumbnails of 12x12 with mean 0 and length 1, whose product is their correlation.

    Returns:
        Boolean [N], by test image.
    """
    known = _thumbnails(training.images)
    highest = np.empty(len(test), np.float32)
    for start in range(0, len(test), _ROWS):
        images = test.images[start : start + _ROWS]
        plain = (_thumbnails(images) @ known.T).max(1)
        mirrored = (_thumbnails(images[:, :, ::-1]) @ known.T).max(1)
        highest[start : start + _ROWS] = np.maximum(plain, mirrored)
    return np.asarray(highest < _NEAR)


def _thumbnails(images: np.ndarray) -> np.ndarray:
    """Mean grey values of blocks, float32 [N, 144], each row with mean 0 and length 1."""
    block = images.shape[1] // _SIDE
    small = images.reshape(len(images), _SIDE, block, _SIDE, block).mean((2, 4), dtype=np.float32)
    flat = small.reshape(len(images), -1)
    flat -= flat.mean(1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6))
