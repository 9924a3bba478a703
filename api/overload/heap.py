"""Memory of large bodies, given back to the system once they are dealt with."""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
"""Of ``malloc.h`` in the GNU C library (mallopt(3))."""
_LARGE: Final = 4_000_000
"""Bytes. What is read piece by piece is in smaller blocks, which would cost more to map each time than to fill."""
_SPARE: Final = 16_000_000
"""Bytes that may lie free at the end of the heap."""


def give_back_large_blocks() -> None:
    """Have the C library map every large block on its own, which it returns to the system as soon as it is freed.

    By default the bound grows with the largest block that was ever freed; from then on bodies of megabytes come from
    the heap, which one small block that lives on keeps from shrinking: a gateway kept 70 MB after a few of them. C
    libraries other than GNU's are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _SPARE)
