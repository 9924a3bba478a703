"""The structure of a PNG: its chunks (ISO/IEC 15948, clause 5), walked before any decoder sees them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.errors import CorruptImage

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_FRAME_BYTES: Final = 12
"""Length, type and checksum of a chunk."""
_HEADER_BYTES: Final = 13
_PIXEL_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""What the pixels need. All others are dropped: metadata, colour profiles, and the further frames of an animation."""
_MOST_CHUNKS: Final = 20_000
"""Of encoders in use the thriftiest writes 8 KB of pixels a chunk: these hold 160 MB of them."""


class PngHeader(NamedTuple):
    """What a PNG says of itself."""

    width: int
    """Pixels as stored, before EXIF rotation."""
    height: int
    exif: bytes
    """The content of the eXIf chunk, behind the signature that a JPEG gives it; empty without one."""


class _Chunk(NamedTuple):
    kind: bytes
    begin: int
    """Of the whole chunk, its length first."""
    end: int


def read_png_size(data: bytes) -> tuple[int, int]:
    """Read width and height, in pixels as stored, from the first chunk alone; zeros if that is not the header."""
    if data[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def read_png_header(data: bytes) -> PngHeader:
    """Read size and EXIF of a PNG whose structure is sound.

    Args:
        data: a whole file that begins with `SIGNATURE`.

    Raises:
        CorruptImage: a length points beyond the data, or header, pixels or end are missing.
    """
    width = height = 0
    exif = b""
    for chunk in _chunks(data):
        content = data[chunk.begin + 8 : chunk.end - 4] if chunk.kind in (b"IHDR", b"eXIf") else b""
        if chunk.kind == b"IHDR":
            width, height = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:8], "big")
        elif chunk.kind == b"eXIf" and not exif:
            exif = b"Exif\0\0" + content
    if not (width and height):
        raise _damaged()
    return PngHeader(width, height, exif)


def pixels_only(data: bytes) -> bytes:
    """Give the same image without all that its pixels do not need, and without what follows its end.

    OpenCV 4.14 ends the process with a segmentation fault on some animated files, and allocates what a chunk claims
    to hold before it looks whether the data is there: it is shown neither.

    Args:
        data: a whole PNG.

    Raises:
        CorruptImage: as `read_png_header` does.
    """
    kept = [data[chunk.begin : chunk.end] for chunk in _chunks(data) if chunk.kind in _PIXEL_CHUNKS]
    return SIGNATURE + b"".join(kept)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Each chunk up to IEND. The walk ends with an error if the structure is not sound."""
    position, pixel_bytes = len(SIGNATURE), 0
    for index in range(_MOST_CHUNKS):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + _FRAME_BYTES + length
        if end > len(data):
            raise CorruptImage("The image ends too early: it was cut off on its way.")
        kind = data[position + 4 : position + 8]
        if (kind == b"IHDR") != (index == 0) or (index == 0 and length != _HEADER_BYTES):
            raise _damaged()
        pixel_bytes += length if kind == b"IDAT" else 0
        yield _Chunk(kind, position, end)
        if kind == b"IEND":
            if not pixel_bytes:
                raise CorruptImage("The image has no pixels.")
            return
        position = end
    raise CorruptImage(f"The image is made of more than {_MOST_CHUNKS:,} parts.")


def _damaged() -> CorruptImage:
    return CorruptImage("The image's header is damaged.")
