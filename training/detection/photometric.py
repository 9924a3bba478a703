"""Changes of light, colour and sharpness, cheap enough that one background thread keeps up."""

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def relight(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change gamma, contrast, brightness and colour cast by one look-up table; sometimes drop all colour."""
    if rng.random() < 0.2:
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        pixels = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.normal(0, 0.3))
    contrast = np.exp(rng.normal(0, 0.25))
    bright = np.exp(rng.normal(-0.1, 0.35))
    cast = np.exp(rng.normal(0, 0.08, 3)) if rng.random() < 0.5 else np.ones(3)
    curve = ((steps**gamma - 0.5) * contrast + 0.5) * bright * cast
    table = np.clip(curve * 255, 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


def tint(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Give a grey image the colour of skin, more or less of it, or none: a face must not be told by being grey."""
    if rng.random() < 0.5:
        return pixels
    skin = np.array([0.68, 0.82, 1.08]) ** rng.uniform(0.3, 1.4) * np.exp(rng.normal(0, 0.04, 3))
    table = np.clip(np.arange(256)[:, None] * skin, 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


def degrade(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur, blur along a line, add noise, compress as JPEG: each with a small probability."""
    if rng.random() < 0.15:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.06:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        if rng.random() < 0.5:
            kernel[length // 2] = 1 / length
        else:
            kernel[:, length // 2] = 1 / length
        pixels = np.asarray(cv2.filter2D(pixels, -1, kernel), np.uint8)
    if rng.random() < 0.12:
        noise = np.empty(pixels.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(2**31)))
        cv2.randn(noise, 0, rng.uniform(3, 16))
        pixels = np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U), np.uint8)
    if rng.random() < 0.15:
        _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        pixels = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def cover(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Cover a part of the image with one plain rectangle, as by an object before the face."""
    size = pixels.shape[0]
    width, height = rng.integers(size // 16, size // 4, 2)
    x, y = rng.integers(0, size - width), rng.integers(0, size - height)
    pixels = pixels.copy()
    pixels[y : y + height, x : x + width] = rng.integers(0, 256, 3, dtype=np.uint8)
    return pixels
