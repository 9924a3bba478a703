"""A training image and what happens to its faces when it is warped or cut."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from training.detection.dataset import LabelledImage

SMALLEST: Final = 8.0
"""Longer side in pixels below which a face has no target and is an ignored region."""
VISIBLE: Final = 0.5
"""Share of a face's box that a cut must leave for the face to count."""

Floats = npt.NDArray[np.float32]


class Sample(NamedTuple):
    """One square training image."""

    pixels: npt.NDArray[np.uint8]
    """[S, S, 3], blue first."""
    boxes: Floats
    """[N, 4] x1, y1, x2, y2."""
    landmarks: Floats
    """[N, 5, 2], NaN where unknown."""
    ignored: Floats
    """[K, 4] regions with faces too small, or cut too much, to have targets."""


def warp(image: LabelledImage, matrix: Floats, width: int, height: int, fill: int = 0) -> Sample:
    """Warp an image and its faces by ``matrix`` [2, 3] (source → output pixels) into width x height."""
    pixels, scale = image.pixels, float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    shrink = np.eye(3, dtype=np.float32)
    while scale < 0.6 and min(pixels.shape[:2]) > 3:  # halve first, or a bilinear warp would alias
        before = pixels.shape
        pixels = cv2.resize(pixels, (before[1] // 2, before[0] // 2), interpolation=cv2.INTER_AREA)
        shrink = shrink @ np.diag([before[1] / pixels.shape[1], before[0] / pixels.shape[0], 1]).astype(np.float32)
        scale *= 2
    border = (fill, fill, fill)
    out = cv2.warpAffine(pixels, matrix @ shrink, (width, height), flags=cv2.INTER_LINEAR, borderValue=border)
    boxes = _warp_boxes(image.boxes, matrix)
    landmarks = image.landmarks @ matrix[:, :2].T + matrix[:, 2]
    if np.linalg.det(matrix[:, :2]) < 0:  # mirrored: the person's right eye has become the left one
        landmarks = landmarks[:, [1, 0, 2, 4, 3]]
    overlooked = _warp_boxes(image.overlooked, matrix)
    return cut(Sample(np.asarray(out, np.uint8), boxes, landmarks.astype(np.float32), overlooked))


def random_placement(
    scale: float, centre: Sequence[float], place: Sequence[float], *, most: float, rng: np.random.Generator
) -> Floats:
    """Draw a matrix for `warp` that scales, stretches a little, and mirrors half of the time.

    Args:
        scale: pixels of the output for one of the source.
        centre: x, y of the source that come to ``place``.
        place: x, y in the output.
        most: degrees by which it turns at most; it turns about one time in three.
        rng: source of randomness.

    Returns:
        The matrix [2, 3].
    """
    turn = math.radians(rng.uniform(-most, most)) if rng.random() < 0.35 else 0.0
    stretch = math.exp(rng.normal(0, 0.06))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]]) @ np.diag([mirror * stretch, 1 / stretch, 1])
    matrix[:, 2] = np.asarray(place) - matrix[:, :2] @ np.asarray(centre, np.float64)
    return matrix.astype(np.float32)


def cut(sample: Sample) -> Sample:
    """Clip boxes to the image; what is too small or mostly outside becomes an ignored region."""
    height, width = sample.pixels.shape[:2]
    limits = np.array([width, height, width, height], np.float32)
    clipped = np.clip(sample.boxes, 0, limits)
    sides = clipped[:, 2:] - clipped[:, :2]
    area = np.maximum(sample.boxes[:, 2:] - sample.boxes[:, :2], 1e-3).prod(axis=1)
    inside = sides.min(axis=1, initial=np.inf) > 0
    good = inside & (sides.prod(axis=1) >= VISIBLE * area) & (sides.max(axis=1, initial=0) >= SMALLEST)
    ignored = np.concatenate([np.clip(sample.ignored, 0, limits), clipped[inside & ~good]])
    within = (ignored[:, 2:] - ignored[:, :2]).min(axis=1, initial=np.inf) > 0
    return Sample(sample.pixels, clipped[good], sample.landmarks[good], ignored[within])


def shift(sample: Sample, dx: float, dy: float) -> Sample:
    """Move the annotations by whole pixels, for a sample that becomes part of a larger image."""
    move = np.array([dx, dy], np.float32)
    both = np.concatenate([move, move])
    return Sample(sample.pixels, sample.boxes + both, sample.landmarks + move, sample.ignored + both)


def _warp_boxes(boxes: Floats, matrix: Floats) -> Floats:
    """Warp boxes as the ellipses in them, so that a turned face keeps a tight box."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = np.sqrt((half**2) @ (matrix[:, :2] ** 2).T)
    return np.concatenate([centres - reach, centres + reach], axis=1).astype(np.float32)
