"""What Python code takes in memory."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Memory:
    """Bytes that were allocated within a block."""

    peak: int = 0


@contextmanager
def traced_memory() -> Iterator[Memory]:
    """The peak, once the block has ended; tracing ends also if the block fails."""
    memory = Memory()
    tracemalloc.start()
    try:
        yield memory
        memory.peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
