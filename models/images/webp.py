"""The structure of a WebP: its RIFF chunks (RFC 9649, clause 2), walked before any decoder sees them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.errors import CorruptImage

_RIFF_BYTES: Final = 12
"""``RIFF``, the size of what follows, ``WEBP``."""
_CHUNK_BYTES: Final = 8
"""Type and size of a chunk."""
_FRAME_BYTES: Final = 16
"""Place, size and duration of an animation's frame, before the chunks of its picture."""
_ALPHA_FLAG: Final = 0x10
_MOST_CHUNKS: Final = 10_000
"""An animation has a chunk a frame; an hour of it at three frames a second fits."""


class WebpHeader(NamedTuple):
    """What a WebP says of itself."""

    width: int
    """Pixels as stored, before EXIF rotation."""
    height: int
    exif: bytes
    """The content of the EXIF chunk, behind the signature that a JPEG gives it; empty without one."""


class _Chunk(NamedTuple):
    kind: bytes
    begin: int
    """Of the content."""
    end: int


class _Picture(NamedTuple):
    alpha: _Chunk | None
    pixels: _Chunk
    """``VP8 `` or ``VP8L``."""


def is_webp(data: bytes) -> bool:
    """Whether data begin as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_webp_header(data: bytes) -> WebpHeader:
    """Read size and EXIF of a WebP whose structure is sound.

    Args:
        data: a whole file that `is_webp`.

    Raises:
        CorruptImage: a size points beyond the data, or there is no picture.
    """
    picture_size = _size(data, _first_picture(data).pixels)
    width, height = _canvas(data) or picture_size
    exif = next((data[chunk.begin : chunk.end] for chunk in _file_chunks(data) if chunk.kind == b"EXIF"), b"")
    if exif and not exif.startswith(b"Exif\0\0"):
        exif = b"Exif\0\0" + exif
    return WebpHeader(width, height, exif)


def picture_only(data: bytes) -> bytes:
    """Give the same image, of an animation its first, without all that its pixels do not need.

    An animation whose first picture does not fill it is given back as it is: only a decoder can put it together.

    Args:
        data: a whole WebP.

    Raises:
        CorruptImage: as `read_webp_header` does.
    """
    picture = _first_picture(data)
    if _canvas(data) not in (None, _size(data, picture.pixels)):
        return data
    body = _packed(picture.pixels.kind, data[picture.pixels.begin : picture.pixels.end])
    if picture.alpha:
        width, height = _size(data, picture.pixels)
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        extended = _packed(b"VP8X", bytes((_ALPHA_FLAG, 0, 0, 0)) + canvas)
        body = extended + _packed(b"ALPH", data[picture.alpha.begin : picture.alpha.end]) + body
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _packed(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _first_picture(data: bytes) -> _Picture:
    alpha = None
    for chunk in _file_chunks(data):
        if chunk.kind == b"ANMF":
            alpha = None
            inner = _chunks(data, chunk.begin + _FRAME_BYTES, chunk.end)
        else:
            inner = iter((chunk,))
        for part in inner:
            if part.kind == b"ALPH":
                alpha = part
            elif part.kind in (b"VP8 ", b"VP8L"):
                return _Picture(alpha if part.kind == b"VP8 " else None, part)
    raise CorruptImage("The image has no pixels.")


def _canvas(data: bytes) -> tuple[int, int] | None:
    """Width and height of an extended file (RFC 9649, 2.7); None for a simple one."""
    if data[_RIFF_BYTES : _RIFF_BYTES + 4] != b"VP8X":
        return None
    begin = _RIFF_BYTES + _CHUNK_BYTES + 4
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (begin, begin + 3))
    return width, height


def _size(data: bytes, pixels: _Chunk) -> tuple[int, int]:
    """Width and height as the decoder will read them: RFC 6386, 9.1, and RFC 9649, 3.4."""
    header = data[pixels.begin : min(pixels.end, pixels.begin + 10)]
    width = height = 0
    if pixels.kind == b"VP8 " and header[3:6] == b"\x9d\x01\x2a" and len(header) == 10:
        width, height = (int.from_bytes(header[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    elif pixels.kind == b"VP8L" and header[:1] == b"\x2f" and len(header) >= 5:
        packed = int.from_bytes(header[1:5], "little")
        width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if not (width and height):
        raise CorruptImage("The image's header is damaged.")
    return width, height


def _file_chunks(data: bytes) -> Iterator[_Chunk]:
    end = int.from_bytes(data[4:8], "little") + 8
    if end > len(data):
        raise CorruptImage("The image ends too early: it was cut off on its way.")
    return _chunks(data, _RIFF_BYTES, end)


def _chunks(data: bytes, position: int, end: int) -> Iterator[_Chunk]:
    """Each chunk from a position to the end of what holds them. A size that points beyond it ends with an error."""
    for _ in range(_MOST_CHUNKS):
        if position + _CHUNK_BYTES > end:
            return
        begin = position + _CHUNK_BYTES
        size = int.from_bytes(data[position + 4 : begin], "little")
        if begin + size > end:
            raise CorruptImage("The image ends too early: it was cut off on its way.")
        yield _Chunk(data[position : position + 4], begin, begin + size)
        position = begin + size + size % 2
    raise CorruptImage(f"The image is made of more than {_MOST_CHUNKS:,} parts.")
