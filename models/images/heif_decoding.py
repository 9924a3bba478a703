"""Decodes HEIC and AVIF. Only `models.images.decoder_child` imports it, so that it happens in a child process."""

from collections.abc import Callable
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import AvifImagePlugin, Image

from models.images.decoder_process import AVIF, HEIC

_ROWS: Final = 256
"""Rows of an AVIF that are copied at once: a whole image as one array would be held twice."""

pi_heif.options.DECODE_THREADS = 1
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.MAX_IMAGE_PIXELS = None  # its own limit; that of this process is known before

Room = npt.NDArray[np.uint8]


def decode_heif(data: bytes, kind: int, room: Room) -> tuple[int, int]:
    """Decode the primary image in 8 bits, without alpha; of a sequence its first picture.

    Args:
        data: the file.
        kind: `HEIC`, which is rotated as its properties say, or `AVIF`, which is not.
        room: where the pixels [height, width, 3] go, blue first.

    Returns:
        Height and width; zeros for data that cannot be decoded or whose pixels do not fit.
    """
    try:
        return _DECODERS[kind](data, room)
    except (EOFError, OSError, RuntimeError, SyntaxError, ValueError):  # what the two libraries raise
        return 0, 0


def _heic(data: bytes, room: Room) -> tuple[int, int]:
    image = pi_heif.open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
    pixels = np.asarray(image)  # a view of what the library holds; a row may be longer than the picture
    width, height = image.size
    if 3 * height * width > len(room):
        return 0, 0
    pixels = pixels[:height, :width, :3] if pixels.ndim == 3 else pixels[:height, :width, None]
    if pixels.dtype == np.uint16:  # only grey ones; the library scales them to 16 bits
        pixels = pixels >> 8
    room[: 3 * height * width].reshape(height, width, 3)[:] = pixels
    return height, width


def _avif(data: bytes, room: Room) -> tuple[int, int]:
    with Image.open(BytesIO(data), formats=["AVIF"]) as image:
        width, height = image.size
        if 3 * height * width > len(room):
            return 0, 0
        pixels = room[: 3 * height * width].reshape(height, width, 3)
        for top in range(0, height, _ROWS):
            rows = image.crop((0, top, width, min(top + _ROWS, height)))
            packed = (rows if rows.mode == "RGB" else rows.convert("RGB")).tobytes("raw", "BGR")
            pixels[top : top + _ROWS] = np.frombuffer(packed, np.uint8).reshape(-1, width, 3)
    return height, width


_DECODERS: Final[dict[int, Callable[[bytes, Room], tuple[int, int]]]] = {HEIC: _heic, AVIF: _avif}
