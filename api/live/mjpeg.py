"""Motion JPEG as ``multipart/x-mixed-replace``, in the form that browsers show without delay.

Chromium shows a part only once the next one begins, whatever follows the picture; Firefox is content with a trailing
boundary. So every part has its length and ends with the next boundary, and senders repeat the last picture after a
quarter of a second without a new one. The boundary is not quoted in the header: some players take the quotes for a
part of it.
"""

from collections.abc import Mapping
from typing import Final

_BOUNDARY: Final = "frame"
CONTENT_TYPE: Final = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
OPENING: Final = f"--{_BOUNDARY}\r\n".encode()

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect pictures until its buffer is full
}


def part(jpeg: bytes, headers: Mapping[str, str]) -> bytes:
    """One picture, from its headers to the boundary that ends it."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n{lines}\r\n"
    return b"".join((head.encode("latin-1"), jpeg, f"\r\n--{_BOUNDARY}\r\n".encode()))
