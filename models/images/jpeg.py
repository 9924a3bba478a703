"""The structure of a JPEG: its segments and scans (ITU-T T.81, B.1 and B.2)."""

import re
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.errors import CorruptImage

_FILLER, _SCAN, _END, _APP1 = 0xFF, 0xDA, 0xD9, 0xE1
_EXIF: Final = b"Exif\0\0"
_BASELINE: Final = 0xC0
_ALL_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_FRAMES: Final = frozenset({_BASELINE, 0xC1, 0xC2})
"""Baseline, extended and progressive: what cameras and programs write."""
_OTHERS: Final = frozenset({0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""Tables, restart interval, comment, applications: they bear a length and say nothing of the size."""
_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd8])")
"""What begins a segment. Within a scan's data a byte of 255 is followed by zero, a restart marker or filling."""
_FIRST_WITH_LENGTH: Final = 0xC0
_FILLING: Final = re.compile(rb"\xff+")
_MOST_SEGMENTS: Final = 2000
_MOST_BETWEEN: Final = 64 * 1024
"""Bytes from one segment of a header to the next; encoders write none, or fill up a few."""


class Preamble(NamedTuple):
    """What an ordinary JPEG says before its pixels."""

    width: int
    """Pixels as stored, before EXIF rotation."""
    height: int
    exif: bytes
    """The EXIF segment from its signature on; empty without one."""


def read_preamble(data: bytes) -> Preamble | None:
    """Read the size and EXIF of an ordinary JPEG; None for what is damaged, unusual or no JPEG at all.

    Whatever a decoder might see in another way than this walk does, such as markers without a length, is unusual: a
    size that is not the decoder's would be no limit.

    Raises:
        CorruptImage: more segments than any encoder writes.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    frame, exif = b"", b""
    for marker, begin, end in parts(data):
        if marker == _SCAN:
            return _preamble(frame, exif)
        if marker in _FRAMES and not frame:
            frame = data[begin:end]
        elif marker not in _OTHERS or end < begin:
            return None
        elif marker == _APP1 and data.startswith(_EXIF, begin):
            if exif:
                return None
            exif = data[begin:end]
    return None


def start_of_scan(data: bytes) -> int:
    """Position behind the header of a JPEG's first scan, past the metadata, whose thumbnail may be a JPEG itself.

    -1 without one.
    """
    return next((begin for marker, begin, _ in parts(data) if marker == _SCAN), -1)


def read_unusual_preamble(data: bytes) -> Preamble | None:
    """Read the size and EXIF as libjpeg would find them, of an image that is not ordinary; None if it has no frame.

    Raises:
        CorruptImage: more segments, or more between two of them, than any encoder writes.
    """
    frame, exif = b"", b""
    for marker, begin, end in _libjpeg_segments(data, _MOST_BETWEEN):
        if marker in _ALL_FRAMES:
            frame = frame or data[begin:end]
        elif marker == _APP1 and data.startswith(_EXIF, begin):
            exif = exif or data[begin:end]
        elif marker == _SCAN:
            break
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return Preamble(width, height, exif) if width and height else None


def is_baseline(data: bytes) -> bool:
    """Whether the frame of an ordinary JPEG is a baseline one: sequential, Huffman-coded, 8 bits deep."""
    return next((marker for marker, _, _ in parts(data) if marker in _FRAMES), None) == _BASELINE


def count_scans(data: bytes) -> int:
    """Count the scans up to the image's end; a progressive JPEG comes in about ten, others in one to four.

    A decoder goes over all pixels for each of them, even where a scan holds no data at all. So this walk counts none
    less than libjpeg would find, whatever the file is like.

    Args:
        data: a whole JPEG. What was appended to it is not counted.

    Raises:
        CorruptImage: more segments than any encoder writes.
    """
    return sum(marker == _SCAN for marker, _, _ in _libjpeg_segments(data))


def _libjpeg_segments(data: bytes, most_between: int = sys.maxsize) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of the content of each segment that libjpeg finds, up to the image's end.

    It passes over anything between two segments, and over what it reads no length of; this walk, in a header, over so
    many bytes at most: it is done beside other requests.
    """
    position = 2
    for _ in range(_MOST_SEGMENTS):
        end = min(len(data), position + most_between)
        found = _MARKER.search(data, position, end)
        if found is None and end < len(data):
            raise CorruptImage(f"The image has more than {most_between:,} bytes between two parts of its header.")
        if found is None or found[1][0] == _END:
            return
        marker, begin = found[1][0], found.end()
        position = begin
        if marker >= _FIRST_WITH_LENGTH:
            begin, position = begin + 2, begin + int.from_bytes(data[begin : begin + 2], "big")
        yield marker, begin, position
    raise _too_many_segments()


def _preamble(frame: bytes, exif: bytes) -> Preamble | None:
    if len(frame) < 6 or len(frame) != 6 + 3 * frame[5] or frame[0] != 8 or frame[5] not in (1, 3, 4):
        return None  # no frame, or not 8 bits deep in one, three or four components
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return Preamble(width, height, exif) if width and height else None


def parts(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of the content of each segment of a sound header, up to the first scan."""
    position, last, segments = 2, len(data) - 4, 0
    while position <= last and data[position] == _FILLER:
        marker = data[position + 1]
        if marker == _FILLER:
            filling = len(_FILLING.match(data, position, position + _MOST_BETWEEN)[0])  # type: ignore[index]
            if filling == _MOST_BETWEEN:
                return
            position += filling - 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        segments += 1
        if segments > _MOST_SEGMENTS:
            raise _too_many_segments()
        yield marker, position + 4, end
        if marker == _SCAN:
            return
        position = end


def _too_many_segments() -> CorruptImage:
    return CorruptImage(f"The image is made of more than {_MOST_SEGMENTS:,} parts.")
