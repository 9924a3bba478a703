"""Pictures that tests look at: NASA's portrait of Eileen Collins, which the demo camera shows."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from capture.sources.demo import portrait

ASTRONAUT_FACE = (175, 65, 100, 115)
"""Left, top, width and height of the face in the portrait, in pixels, drawn by eye."""


def astronaut() -> NDArray[np.uint8]:
    """The portrait: 512x512 pixels, RGB."""
    return np.asarray(cv2.cvtColor(portrait(), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def astronaut_jpeg(side: int = 512) -> bytes:
    """The portrait as a JPEG of so many pixels a side: the more, the longer a worker takes for it."""
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((side, side)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
