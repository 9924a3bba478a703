"""Damages that images suffer in the field, each applied to one grey image, uint8 [48, 48]."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

Damage = Callable[[np.ndarray], np.ndarray]


def _lit(image: np.ndarray, change: float) -> np.ndarray:
    """Multiply the grey values, as a longer or shorter exposure does."""
    return np.asarray(np.clip(image.astype(np.float32) * (1 + change), 0, 255), np.uint8)


def _blurred(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(image, (5, 5), 1.0))


def _turned(image: np.ndarray, degrees: float) -> np.ndarray:
    side = image.shape[0]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE))


def _covered(image: np.ndarray) -> np.ndarray:
    """Paint a quarter of the area black, at a place that depends on the image alone."""
    side = image.shape[0]
    half = side // 2
    rng = np.random.default_rng(int(image.sum()))
    top, left = rng.integers(0, side - half + 1, 2)
    covered = image.copy()
    covered[top : top + half, left : left + half] = 0
    return covered


def _resaved(image: np.ndarray) -> np.ndarray:
    """Save as JPEG of quality 30 and read again."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))


def _distant(image: np.ndarray) -> np.ndarray:
    """Show the face with 24x24 pixels, enlarged again."""
    small = cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_CUBIC))


DAMAGES: Final[dict[str, Damage]] = {
    "brightness +30 %": lambda image: _lit(image, 0.3),
    "brightness -30 %": lambda image: _lit(image, -0.3),
    "blur, sigma 1 px": _blurred,
    "rotation +15°": lambda image: _turned(image, 15),
    "rotation -15°": lambda image: _turned(image, -15),
    "a quarter covered": _covered,
    "JPEG quality 30": _resaved,
    "24-pixel face": _distant,
}
