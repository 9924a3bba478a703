"""Pictures that tests look at: NASA's portrait of Eileen Collins, which the demo camera shows."""

import io
import zipfile

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


def portrait_jpeg(tiles: int = 1) -> bytes:
    """The portrait as a JPEG; with `tiles`, so many times in a row and as many rows, which takes a while to read."""
    buffer = io.BytesIO()
    Image.fromarray(np.tile(astronaut(), (tiles, tiles, 1))).save(buffer, "JPEG", progressive=tiles > 1)
    return buffer.getvalue()


def heavy_archive(photos: int = 100) -> bytes:
    """A ZIP that a worker analyses for some seconds: so many photos of nine people each."""
    buffer, large = io.BytesIO(), portrait_jpeg(3)
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(photos):
            archive.writestr(f"{number}.jpg", large)
    return buffer.getvalue()
