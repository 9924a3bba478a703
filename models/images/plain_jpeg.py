"""JPEGs of strangers that are shown to others as they are: nothing is left in them but the picture."""

from typing import Final

from contracts.errors import CorruptImage, NotAnImage, UnsupportedImageFormat
from models.images.header import Header, read_header
from models.images.jpeg import parts

_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
_JFIF, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
_OTHERS: Final = frozenset({*range(0xE0, 0xF0), _COMMENT})
_NEEDED: Final = {_JFIF: (b"JFIF\0", 12, b"\0\0"), _ADOBE: (b"Adobe", 12, b"")}
"""Segments that say how colours are meant: how they begin, how much of them is kept, and what follows (a thumbnail of
no size)."""


def picture_of(data: bytes, max_pixels: int) -> tuple[Header, bytes]:
    """A picture without what else its file says: place, device, comments, thumbnails, and what was appended.

    Args:
        data: the file.
        max_pixels: the most that width times height may be.

    Returns:
        What the header says, and the file made anew.

    Raises:
        NotAnImage, ImageTooLarge, CorruptImage: as `read_header`, and for one that was cut off.
        UnsupportedImageFormat: it is no baseline JPEG in one scan, or lies on its side.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        raise NotAnImage("This is no JPEG; send a camera's pictures as JPEG.")
    header = read_header(data, max_pixels)
    if not header.plain:
        raise UnsupportedImageFormat("Send baseline JPEGs in one scan, as browsers and cameras write them.")
    if header.orientation != 1:
        raise UnsupportedImageFormat("Send pictures upright: by its EXIF data this one is turned or mirrored.")
    kept, scan, needed = [data[:2]], -1, dict(_NEEDED)
    for marker, begin, end in parts(data):
        if marker == _SCAN:
            scan = begin - 4
        elif marker not in _OTHERS:
            kept.append(data[begin - 4 : end])
        elif marker in needed and data.startswith(needed[marker][0], begin) and end - begin >= needed[marker][1]:
            _, length, rest = needed.pop(marker)
            content = data[begin : begin + length] + rest
            kept.append(data[begin - 4 : begin - 2] + (2 + len(content)).to_bytes(2, "big") + content)
    end = data.find(_END, scan)
    if scan < 0 or end < 0:
        raise CorruptImage("The image ends too early: it was cut off on its way.")
    return header, b"".join([*kept, data[scan : end + len(_END)]])
