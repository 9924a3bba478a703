"""Memory for decoded images: files of a few kilobytes may be 150 MB each once they are decoded."""

import threading
from typing import Final

PIXELS: Final = 256 * 2**20
"""Pixels that one call holds decoded at once: a megapixel an image of the largest batch, 0.8 GB."""


class Room:
    """Room for the decoded images of one call. Thread-safe."""

    def __init__(self, pixels: int = PIXELS) -> None:
        """Have room for so many pixels."""
        self._lock = threading.Lock()
        self._most, self._taken = pixels, 0

    def take(self, pixels: int) -> bool:
        """Take room for an image, if there is enough; the first one finds it always."""
        with self._lock:
            if self._taken and self._taken + pixels > self._most:
                return False
            self._taken += pixels
            return True
