"""Draws scenes without a face in which much is round, small or bordered: pebbles, lights, letters, noise.

The data's images without a face are few and small; a network that has seen many pasted faces takes gravel for a crowd.
"""

import string
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Draw = Callable[[int, int, np.random.Generator], Pixels]
LETTERS: Final = string.ascii_letters + string.digits
FONTS: Final = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def clutter(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """Draw one scene, uint8 [height, width, 3]; every other one is grey."""
    draw: Draw = (_pebbles, _lights, _letters, _noise)[int(rng.integers(4))]
    pixels = draw(width, height, rng)
    if rng.random() < 0.5:
        pixels = np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    return pixels


def _pebbles(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """Cells around random points, each of one shade that falls off towards its border."""
    points = np.full((height, width), 255, np.uint8)
    count = max(int(width * height / rng.uniform(6, 60) ** 2), 2)
    points[rng.integers(0, height, count), rng.integers(0, width, count)] = 0
    away, cell = cv2.distanceTransformWithLabels(points, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    base, spread = rng.uniform(40, 200, 3), rng.uniform(5, 50)
    shades = (
        base + rng.normal(0, spread, (int(cell.max()) + 1, 1)) + rng.normal(0, spread / 4, (int(cell.max()) + 1, 3))
    )
    fall = 1 - rng.uniform(0, 0.8) * np.minimum(away / (np.percentile(away, 95) + 1e-3), 1)[..., None]
    return _bytes(shades[cell] * fall)


def _lights(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """Round and oval spots before a plain ground: stars, lamps out of focus, craters, buttons."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = rng.integers(0, 120, 3) if rng.random() < 0.7 else rng.integers(0, 256, 3)
    largest = rng.uniform(3, 30)
    for _ in range(int(rng.integers(5, 120))):
        middle = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (max(int(largest * rng.uniform(0.1, 1)), 1), max(int(largest * rng.uniform(0.1, 1)), 1))
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        filled = -1 if rng.random() < 0.8 else int(rng.integers(1, 4))
        cv2.ellipse(pixels, middle, axes, float(rng.uniform(0, 180)), 0, 360, colour, filled, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 3)), np.uint8)


def _letters(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """Lines of letters of one size, on a sign or a page."""
    ground, ink = rng.integers(0, 256, (2, 3))
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = ground
    scale = float(np.exp(rng.uniform(np.log(0.3), np.log(4.0))))
    font, thickness = FONTS[int(rng.integers(len(FONTS)))], int(rng.integers(1, max(int(3 * scale), 1) + 1))
    for y in range(int(24 * scale), height + int(24 * scale), max(int(34 * scale), 8)):
        words = "".join(rng.choice(list(LETTERS + "    "), 40))
        at = (int(rng.integers(-20, 20)), y)
        cv2.putText(pixels, words, at, font, scale, tuple(int(value) for value in ink), thickness, cv2.LINE_AA)
    return pixels


def _noise(width: int, height: int, rng: np.random.Generator) -> Pixels:
    """Noise of several scales, as leaves, stone and cloth have it."""
    pixels = np.tile(rng.uniform(30, 220, 3).astype(np.float32), (height, width, 1))
    for cell in (2, 4, 8, 16, 32):
        small = rng.normal(0, rng.uniform(0, 30), (height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        pixels += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return _bytes(pixels)


def _bytes(pixels: npt.NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)
