"""Motion JPEG as ``multipart/x-mixed-replace``, in the form that browsers show without delay.

Chromium shows a part only once the *headers* of the next one have come, Firefox at the boundary after it. So the next
part's boundary and headers are sent right behind each picture, as µStreamer does with ``advance_headers``. They cannot
have a length then, nor anything of that picture but its kind; where that turns out to be another one, they get the
picture before once more. The number of a frame stands in a comment of its JPEG. The boundary is not quoted in the
header: some players take the quotes for a part of it.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final, NamedTuple

_BOUNDARY: Final = "frame"
CONTENT_TYPE: Final = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect pictures until its buffer is full
}


_COMMENT: Final = Struct(">2sH")
"""Marker and length of a comment in a JPEG, the two bytes of the length included."""


class Picture(NamedTuple):
    """A picture with what follows it, ready to be sent to any viewer."""

    kind: str
    jpeg: bytes
    data: bytes
    """The JPEG, and the headers of a next one of the same kind."""


def picture(kind: str, jpeg: bytes, sequence: int | None = None) -> Picture:
    """Prepare a picture, once for all viewers.

    Args:
        kind: what it shows.
        jpeg: the picture.
        sequence: of its frame, if it is one: ``Mien-Sequence: 17`` in a comment behind the start of the JPEG.
    """
    if sequence is not None:
        text = b"Mien-Sequence: %d" % sequence
        jpeg = jpeg[:2] + _COMMENT.pack(b"\xff\xfe", 2 + len(text)) + text + jpeg[2:]
    return Picture(kind, jpeg, jpeg + b"\r\n" + headers(kind))


def breaks_stream(jpeg: bytes) -> bool:
    """Whether a picture has the boundary in it: behind that, a viewer would take its bytes for a part of its own."""
    return f"--{_BOUNDARY}".encode() in jpeg


def headers(kind: str) -> bytes:
    """A boundary and the headers of a part."""
    return f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nMien-Picture: {kind}\r\n\r\n".encode("latin-1")


def stream(pictures: Iterable[Picture]) -> Iterator[bytes]:
    """The bytes that one viewer gets."""
    before: Picture | None = None
    for shown in pictures:
        if before is None:
            yield headers(shown.kind)
        elif before.kind != shown.kind:
            yield before.jpeg + b"\r\n" + headers(shown.kind)
        yield shown.data
        before = shown
