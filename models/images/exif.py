"""The one tag of EXIF data that matters here: which way is up (CIPA DC-008, 4.6.2, in the frame of TIFF 6.0)."""

from typing import Final

SIGNATURE: Final = b"Exif\0\0"

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
"""Type of the tag: 16 bits."""
_ENTRY_BYTES: Final = 12


def read_orientation(exif: bytes) -> int:
    """Read the orientation, 1 (upright) to 8, and look at nothing else.

    Args:
        exif: the data from their `SIGNATURE` on; may be empty.

    Returns:
        1 where there is no such tag, where it is out of its range, and where the data are damaged: viewers show such an
        image as it is stored.
    """
    tiff = memoryview(exif)[len(SIGNATURE) :]
    byte_order = bytes(tiff[:2])
    if byte_order not in (b"II", b"MM"):
        return 1

    def number(begin: int, size: int) -> int:
        return int.from_bytes(tiff[begin : begin + size], "little" if byte_order == b"II" else "big")

    first = number(4, 4)
    end = min(first + 2 + number(first, 2) * _ENTRY_BYTES, len(tiff))
    for entry in range(first + 2, end - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        if number(entry, 2) == _ORIENTATION and number(entry + 2, 2) == _SHORT:
            found = number(entry + 8, 2)
            return found if 1 <= found <= 8 else 1
    return 1
