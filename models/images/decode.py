"""Bytes to pixels: JPEG, PNG, WebP, AVIF and HEIC, upright, never larger than allowed, never half an image."""

from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.errors import CorruptImage
from models.images.decoder_process import AVIF, HEIC, DecoderPool
from models.images.header import ImageFormat, read_header
from models.images.jpeg import start_of_scan
from models.images.png import pixels_only
from models.images.webp import picture_only

MAX_PIXELS: Final = 50_000_000
"""Default limit: more than today's phones take, and at most 150 MB of decoded pixels."""

SUFFICIENT_SIDE: Final = 1280
"""Longest side in pixels that is enough for every detector, crop and viewer."""

_REDUCED: Final = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
                   8: cv2.IMREAD_REDUCED_COLOR_8}  # fmt: skip


_FLIPPED: Final = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""What `cv2.flip` is told, after the transposition of 6 to 8: 1 for the sides, 0 for top and bottom, -1 for both."""
_PIXELS_ONLY: Final[dict[ImageFormat, Callable[[bytes], bytes]]] = {"PNG": pixels_only, "WEBP": picture_only}
"""How what is not needed for the pixels is taken away, where a decoder would look at it."""
_CHILDREN_ONLY: Final[dict[ImageFormat, int]] = {"AVIF": AVIF, "HEIC": HEIC}
"""Formats that are decoded in child processes always: their decoders are large, young, and not OpenCV's."""


class DecodedImage(NamedTuple):
    """A decoded, upright image."""

    pixels: npt.NDArray[np.uint8]
    """uint8 [height, width, 3], blue first, possibly smaller than the original."""
    width: int
    """Pixels of the original, upright."""
    height: int

    @property
    def scale(self) -> float:
        """Original pixels per pixel of `pixels`."""
        return float(max(self.width, self.height) / max(self.pixels.shape[:2]))


class EncodedImage:
    """An image as it was sent: known to be whole and small enough, decoded as finely as a caller needs it.

    libjpeg decodes a JPEG at 1/2, 1/4 or 1/8 in the frequency domain, in a fraction of the time that the whole takes;
    the other formats have no such way and are always decoded in full.
    """

    def __init__(self, data: bytes, max_pixels: int = MAX_PIXELS, children: DecoderPool | None = None) -> None:
        """Look at the structure; nothing is decoded yet.

        Args:
            data: the file.
            max_pixels: the most that width times height may be.
            children: where everything is decoded but plain JPEGs; without them it is decoded in this process, but for
                AVIF and HEIC, for which children are started.

        Raises:
            NotAnImage, UnsupportedImageFormat, ImageTooLarge: decided from the header.
            CorruptImage: truncated data.
        """
        self._header = read_header(data, max_pixels)
        if self._header.format == "JPEG" and not _is_complete(data):
            raise CorruptImage("The image ends too early: it was cut off on its way.")
        strip = _PIXELS_ONLY.get(self._header.format)
        self._data = strip(data) if strip else data
        if children is None and self._header.format in _CHILDREN_ONLY:
            children = _own_children()
        self._decode = _decode_here if self._header.plain or children is None else children.decode

    @property
    def longest_side(self) -> int:
        """Of the original, in pixels."""
        return max(self._header.width, self._header.height)

    @property
    def pixels(self) -> int:
        """Of the original, by its header."""
        return self._header.width * self._header.height

    def decode(self, least_side: float = SUFFICIENT_SIDE) -> DecodedImage:
        """Decode upright.

        Args:
            least_side: longest side, in pixels, that the result has at least unless the original is smaller; more than
                `SUFFICIENT_SIDE` asks for no more than that.

        Raises:
            CorruptImage: damaged data.
        """
        header = self._header
        flags = _CHILDREN_ONLY.get(header.format, _REDUCED[self._reduction(least_side)] | cv2.IMREAD_IGNORE_ORIENTATION)
        pixels = _upright(self._decode(self._data, flags, self.pixels), header.orientation)
        if header.format in _CHILDREN_ONLY:  # whose decoder may have cut the image as its properties say
            return DecodedImage(pixels, pixels.shape[1], pixels.shape[0])
        return DecodedImage(pixels, header.width, header.height)

    def _reduction(self, least_side: float) -> int:
        if self._header.format != "JPEG":
            return 1
        least = min(least_side, SUFFICIENT_SIDE)
        return max(factor for factor in _REDUCED if factor == 1 or self.longest_side // factor >= least)


def decode(data: bytes, max_pixels: int = MAX_PIXELS, children: DecoderPool | None = None) -> DecodedImage:
    """Decode an image upright, as finely as anything here can use.

    Args:
        data: the file.
        max_pixels: the most that width times height may be.
        children: as `EncodedImage` takes them.

    Raises:
        NotAnImage, UnsupportedImageFormat, ImageTooLarge: decided from the header, before anything is decoded.
        CorruptImage: truncated or damaged data.
    """
    return EncodedImage(data, max_pixels, children).decode()


@cache
def _own_children() -> DecoderPool:
    return DecoderPool()


def _decode_here(data: bytes, flags: int, _: int) -> npt.NDArray[np.uint8]:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise CorruptImage("The image data is damaged and cannot be decoded.") from error
    if pixels is None:
        raise CorruptImage("The image data is damaged and cannot be decoded.")
    return np.asarray(pixels, np.uint8)


def _is_complete(jpeg: bytes) -> bool:
    """Whether the end of the image is there: OpenCV fills what is missing with grey and says nothing."""
    scan = start_of_scan(jpeg)
    return scan >= 0 and jpeg.rfind(b"\xff\xd9", scan) >= 0  # FF D9 cannot occur within a scan's data


def _upright(pixels: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Apply the EXIF orientation (CIPA DC-008, tag 0x0112)."""
    upright: cv2.typing.MatLike = pixels  # NumPy takes twice as long
    if orientation in (5, 6, 7, 8):
        upright = cv2.transpose(upright)
    if orientation in _FLIPPED:
        upright = cv2.flip(upright, _FLIPPED[orientation], dst=upright if upright is not pixels else None)
    return np.asarray(upright, np.uint8)
