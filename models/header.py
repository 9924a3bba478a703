"""What an image's first bytes say of it. Nothing is decoded, so a hostile image costs no memory."""

import io
import warnings
from typing import Final, Literal, NamedTuple

from PIL import Image, UnidentifiedImageError

from contracts.errors import CorruptImage, ImageTooLarge, NotAnImage, UnsupportedImageFormat

ImageFormat = Literal["JPEG", "PNG", "WEBP"]

FORMATS: Final[tuple[ImageFormat, ...]] = ("JPEG", "PNG", "WEBP")
"""Formats that are analysed, by Pillow's names."""

_ORIENTATION_TAG: Final = 0x0112
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})


class Header(NamedTuple):
    """Format, size and orientation of an image as stored."""

    format: ImageFormat
    width: int
    """Pixels of the upright image, after EXIF rotation."""
    height: int
    orientation: int
    """EXIF orientation, 1 (upright) to 8."""


def read_header(data: bytes, max_pixels: int) -> Header:
    """Identify an image from its header and hold it against the limit.

    Raises:
        NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage: with a sentence for whoever sent it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own pixel limit; ours is checked below
            with Image.open(io.BytesIO(data)) as image:
                stored_format, (width, height) = image.format, image.size
                if stored_format in FORMATS:
                    _check_size(width, height, max_pixels)
                    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except UnidentifiedImageError as error:
        raise NotAnImage("The data begins like no image that is known here; send a JPEG, PNG or WebP.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The image has more pixels than the {max_pixels:,} that are allowed.") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise CorruptImage("The image's header is damaged.") from error
    if stored_format not in FORMATS:
        raise UnsupportedImageFormat(f"{stored_format} images are not analysed; send a JPEG, PNG or WebP.")
    if orientation in _SIDEWAYS:
        width, height = height, width
    valid = isinstance(orientation, int) and 1 <= orientation <= 8
    return Header(stored_format, width, height, orientation if valid else 1)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The image has {width} x {height} pixels; {max_pixels:,} in all are allowed. Send a smaller one."
        )
