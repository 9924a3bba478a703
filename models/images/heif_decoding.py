"""Decodes HEIC and AVIF. Only `models.images.decoder_child` imports it, so that it happens in a child process."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import _avif

from models.images.decoder_process import AVIF, HEIC

pi_heif.options.DECODE_THREADS = 1
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False

Buffer = npt.NDArray[np.uint8]


def decode_heif(data: bytes, kind: int, buffer: Buffer) -> tuple[int, int]:
    """Decode the primary image in 8 bits, without alpha; of a sequence its first picture.

    Args:
        data: the file.
        kind: `HEIC`, which is rotated as its properties say, or `AVIF`, which is not.
        buffer: where the pixels [height, width, 3] go, blue first.

    Returns:
        Height and width; zeros for data that cannot be decoded or whose pixels do not fit.
    """
    try:
        return _DECODERS[kind](data, buffer)
    except (EOFError, OSError, RuntimeError, SyntaxError, ValueError):  # what the two libraries raise
        return 0, 0


def _decode_heic(data: bytes, buffer: Buffer) -> tuple[int, int]:
    image = pi_heif.open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
    pixels = np.asarray(image)  # a view of what the library holds; a row may be longer than the picture
    width, height = image.size
    if 3 * height * width > len(buffer):
        return 0, 0
    pixels = pixels[:height, :width, :3] if pixels.ndim == 3 else pixels[:height, :width, None]
    if pixels.dtype == np.uint16:  # only grey ones; the library scales them to 16 bits
        pixels = pixels >> 8
    buffer[: 3 * height * width].reshape(height, width, 3)[:] = pixels
    return height, width


def _decode_avif(data: bytes, buffer: Buffer) -> tuple[int, int]:
    """Decode as `PIL.AvifImagePlugin` does, without its copy of the pixels in four bytes each."""
    decoder = _avif.AvifDecoder(data, "auto", 1)  # with one thread
    width, height = decoder.get_info()[0]
    if 3 * height * width > len(buffer):
        return 0, 0
    pixels = np.frombuffer(decoder.get_frame(0)[0], np.uint8).reshape(height, width, -1)
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGR
    cv2.cvtColor(pixels, order, dst=buffer[: 3 * height * width].reshape(height, width, 3))
    return height, width


_DECODERS: Final[dict[int, Callable[[bytes, Buffer], tuple[int, int]]]] = {HEIC: _decode_heic, AVIF: _decode_avif}
