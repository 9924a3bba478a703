"""Small images for tests, made here: nothing about them is random."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


def gradient(width: int, height: int) -> np.ndarray:
    """RGB uint8 [height, width, 3] with a different colour in every corner: rotations show."""
    x, y = np.linspace(0, 255, width), np.linspace(0, 255, height)
    red, green = np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))
    return np.stack([red, green, np.full((height, width), 40.0)], axis=-1).astype(np.uint8)


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """Make the gradient as a file of the given size and kind (Pillow's name)."""

    def encode(width: int = 64, height: int = 48, kind: str = "JPEG", **options: object) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(gradient(width, height)).save(buffer, kind, **options)
        return buffer.getvalue()

    return encode
