"""What an image's first bytes say of it. Nothing is decoded, so a hostile image costs no memory."""

import io
import warnings
from typing import Final, Literal, NamedTuple

from PIL import (  # importing a plugin registers its format
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from contracts.errors import CorruptImage, ImageTooLarge, NotAnImage, UnsupportedImageFormat
from models.images.jpeg import count_scans, read_preamble
from models.images.png import SIGNATURE as PNG_SIGNATURE
from models.images.png import read_png_header, read_png_size

ImageFormat = Literal["JPEG", "PNG", "WEBP"]

FORMATS: Final[tuple[ImageFormat, ...]] = ("JPEG", "PNG", "WEBP")
"""Formats that are analysed, by Pillow's names."""

_NAMED: Final = ("JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow recognises: what is analysed, and what people send by mistake and are told the name of. Pillow
knows dozens more; not one of their readers sees a byte from outside."""

_OTHER_NAMES: Final = {"MPO": "JPEG"}
"""Phones append further images to a JPEG (depth, HDR) and index them; the first is the photo."""

_ORIENTATION_TAG: Final = 0x0112
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})

_MOST_SCANS: Final = 100
_MOST_SCANNED_PIXELS: Final = 600_000_000
"""Scans of a JPEG times its pixels. A scan costs a decoder 1 to 3 ms a megapixel, whatever is in it: this is twelve
scans of 50 megapixels, or below two seconds. Encoders write about ten."""


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
        NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage: with a sentence for the client.
    """
    stored_format, width, height, exif = _identify(data, max_pixels)
    if stored_format not in FORMATS:
        raise UnsupportedImageFormat(f"{stored_format} images are not analysed; send a JPEG, PNG or WebP.")
    _check_size(width, height, max_pixels)
    if stored_format == "JPEG":
        _check_scans(count_scans(data), width * height)
    orientation = _orientation(exif)
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Header(stored_format, width, height, orientation)


def _identify(data: bytes, max_pixels: int) -> tuple[str, int, int, bytes]:
    """Give the format, the size as stored and the EXIF bytes."""
    if data.startswith(PNG_SIGNATURE):
        _check_size(*read_png_size(data), max_pixels)  # also of one that was cut off behind its header
        return ("PNG", *read_png_header(data))
    preamble = read_preamble(data)
    return ("JPEG", *preamble) if preamble else _ask_pillow(data, max_pixels)


def _ask_pillow(data: bytes, max_pixels: int) -> tuple[str, int, int, bytes]:
    """Give the format, the size as stored and the EXIF bytes of anything that Pillow can name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own pixel limit; ours is checked afterwards
            with Image.open(io.BytesIO(data), formats=_NAMED) as image:
                kind = image.format or ""
                return _OTHER_NAMES.get(kind, kind), image.width, image.height, image.info.get("exif", b"")
    except UnidentifiedImageError as error:
        raise NotAnImage("The data begins like no image that is known here; send a JPEG, PNG or WebP.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The image has more pixels than the {max_pixels:,} that are allowed.") from error
    except Exception as error:  # Pillow's readers raise whatever their parsing stumbles over
        raise CorruptImage("The image's header is damaged.") from error


def _orientation(stored: bytes) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none.

    Read from the bytes that the header brought along: `Image.getexif` would decode a PNG to look behind its pixels.
    """
    if not stored:
        return 1
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on the other tags
            exif.load(stored)
            found = exif.get(_ORIENTATION_TAG, 1)
    except Exception as error:  # as above
        raise CorruptImage("The image's header is damaged.") from error
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The image has {width} x {height} pixels; {max_pixels:,} in all are allowed. Send a smaller one."
        )


def _check_scans(scans: int, pixels: int) -> None:
    most = min(_MOST_SCANS, _MOST_SCANNED_PIXELS // pixels)
    if scans > most:
        raise ImageTooLarge(
            f"The JPEG is stored in more than the {most} scans that are decoded at its size. Send it as baseline."
        )
