"""What the structure of an image says of it. Nothing is decoded, so a hostile image costs no memory."""

from typing import Final, Literal, NamedTuple

from contracts.errors import CorruptImage, ImageTooLarge, NotAnImage, UnsupportedImageFormat
from models.images.exif import read_orientation
from models.images.heif import is_film, is_heif, read_heif_header
from models.images.jpeg import count_scans, is_baseline, read_preamble, read_unusual_preamble
from models.images.png import SIGNATURE as PNG_SIGNATURE
from models.images.png import read_png_header, read_png_size
from models.images.webp import is_webp, read_webp_header

ImageFormat = Literal["JPEG", "PNG", "WEBP", "AVIF", "HEIC"]

FORMATS: Final[tuple[ImageFormat, ...]] = ("JPEG", "PNG", "WEBP", "AVIF", "HEIC")
"""Formats that are analysed."""

_JPEG_SIGNATURE: Final = b"\xff\xd8\xff"
_OTHERS: Final = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"II+\0": "a TIFF",
    b"MM\0+": "a TIFF",
    b"%PDF": "a PDF",
}
"""How formats begin that clients send by mistake, and are told the name of."""
_WANTED: Final = "send JPEG, PNG, WebP, AVIF or HEIC"

_MOST_HEIC_PIXELS: Final = 36_000_000
"""Of a HEIC, however many are allowed: its decoder takes 40 ms a megapixel, or 1.5 s for these; twice a JPEG's."""
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
    plain: bool
    """A baseline JPEG in one scan, of sound structure, as cameras write it."""


class _Stored(NamedTuple):
    """What a file says before its orientation and the limits are looked at."""

    format: ImageFormat
    width: int
    height: int
    exif: bytes = b""
    plain: bool = False
    orientation: int | None = None
    """Where it is not one that the EXIF data say."""


def read_header(data: bytes, max_pixels: int) -> Header:
    """Identify an image from its structure and hold it against the limits.

    Args:
        data: the file.
        max_pixels: the most that width times height may be.

    Raises:
        NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage: with a sentence for the client.
    """
    stored = _identify(data, max_pixels)
    width, height = stored.width, stored.height
    _check_size(width, height, max_pixels)
    scans = count_scans(data) if stored.format == "JPEG" else 1
    _check_scans(scans, width * height)
    orientation = stored.orientation or read_orientation(stored.exif)
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Header(stored.format, width, height, orientation, stored.plain and scans == 1)


def _identify(data: bytes, max_pixels: int) -> _Stored:
    if data.startswith(_JPEG_SIGNATURE):
        return _read_jpeg(data)
    if data.startswith(PNG_SIGNATURE):
        _check_size(*read_png_size(data), max_pixels)  # also of one that was cut off behind its header
        return _Stored("PNG", *read_png_header(data))
    if is_webp(data):
        return _Stored("WEBP", *read_webp_header(data))
    if is_heif(data):
        heif = read_heif_header(data)
        if heif.format == "HEIC":
            _check_size(heif.width, heif.height, min(max_pixels, _MOST_HEIC_PIXELS))
        return _Stored(heif.format, heif.width, heif.height, orientation=heif.orientation)
    name = "an MP4" if is_film(data) else next((name for begin, name in _OTHERS.items() if data.startswith(begin)), "")
    if name:
        raise UnsupportedImageFormat(f"This is {name}; {_WANTED}.")
    raise NotAnImage(f"The data begins like no image that is known here; {_WANTED}.")


def _read_jpeg(data: bytes) -> _Stored:
    ordinary = read_preamble(data)
    preamble = ordinary or read_unusual_preamble(data)
    if preamble is None:
        raise CorruptImage("The image's header is damaged.")
    return _Stored("JPEG", *preamble, plain=ordinary is not None and is_baseline(data))


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
