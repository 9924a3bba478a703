"""Batches of few sizes: each is compiled once, and what does not fill one is filled up."""

import logging
import threading
from typing import Final, NamedTuple

logger = logging.getLogger(__name__)

SIZES: Final = (1, 4, 16, 64, 256)
"""Items of a batch."""
ON_A_CPU: Final = 4
"""Largest batch by default where there is no GPU: a processor gains nothing by more, and each size takes a second or
two to compile."""


class Part(NamedTuple):
    """The next batch of what is to be run."""

    taken: int
    """Items that it takes."""
    size: int
    """Items that it has, empty ones included; one of `SIZES`."""


class BatchSizes:
    """How large batches may be on one device; less after its memory did not suffice. Thread-safe."""

    def __init__(self, largest: int) -> None:
        """Begin with batches of up to the largest of `SIZES` that is not above ``largest``."""
        self._lock = threading.Lock()
        self._largest = max(size for size in SIZES if size <= max(1, largest))

    @property
    def largest(self) -> int:
        """Items of the largest batch."""
        return self._largest

    def up_to(self, most: int) -> tuple[int, ...]:
        """The sizes in use that have no more than ``most`` items, or one."""
        return tuple(size for size in SIZES if size == 1 or size <= min(most, self._largest))

    def part(self, left: int, most: int = SIZES[-1]) -> Part:
        """Choose the next batch: no more than half of it is empty.

        Args:
            left: items that are still to be run, at least one.
            most: items that a batch of these may have.
        """
        sizes = self.up_to(most)
        fitting = [size for size in sizes if left <= size <= 2 * left]
        if fitting:
            return Part(left, fitting[0])
        size = max(size for size in sizes if size <= left)
        return Part(size, size)

    def shrink(self, size: int, device: str) -> bool:
        """Take only smaller batches from now on, as one of this size was too large for the device's memory.

        Returns:
            Whether there are smaller ones.
        """
        with self._lock:
            smaller = [other for other in SIZES if other < size]
            if not smaller:
                return False
            if smaller[-1] < self._largest:
                self._largest = smaller[-1]
                logger.warning(
                    "the memory of %s does not suffice for a batch of %d: from now on %d at most "
                    "(MIEN_BATCH_IMAGES, MIEN_GPU_MEMORY_SHARE)",
                    device,
                    size,
                    self._largest,
                )
            return True
