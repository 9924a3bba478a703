"""The device of this process as the networks share it: its backend, its precision, the sizes of its batches."""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

from models.runtimes.backends import Backend, load_backend
from models.runtimes.base import Acceleration
from models.runtimes.batch_sizes import ON_A_CPU, SIZES, BatchSizes
from models.runtimes.places import Places

IN_FLIGHT: Final = 2
"""Calls on the device at the same time: while one computes, the next one's data are on their way."""

Answer = TypeVar("Answer")


class Accelerator:
    """What networks and the steps between them run on. Thread-safe."""

    def __init__(self, backend: Backend, acceleration: Acceleration) -> None:
        """Take a backend, and what is asked of it; what is left open follows from its device."""
        self.backend = backend
        is_gpu = backend.device.is_gpu
        self.precision = acceleration.precision
        if self.precision == "auto":
            self.precision = "float16" if is_gpu else "float32"
        self.sizes = BatchSizes(acceleration.batch_images or (SIZES[-1] if is_gpu else ON_A_CPU))
        self._places = Places(IN_FLIGHT)

    def in_parts(self, count: int, run: Callable[[int, int, int], Answer], most: int = SIZES[-1]) -> list[Answer]:
        """Run items batch by batch, smaller ones if memory does not suffice.

        At most `IN_FLIGHT` of all threads' batches are on the device at a time; those of small calls come first.

        Args:
            count: of the items.
            run: is given the first item's number, how many there are, and the size of the batch to make of them.
            most: items that a batch of these may have.

        Returns:
            Of each batch what ``run`` gave.

        Raises:
            Exception: what ``run`` raised, but for want of memory while a smaller batch can be tried.
        """
        answers, begun = list[Answer](), 0
        while begun < count:
            part = self.sizes.part(count - begun, most)
            try:
                with self._places.one(count):
                    answers.append(run(begun, part.taken, part.size))
            except Exception as error:
                if not self.backend.is_out_of_memory(error):
                    raise
                if not self.sizes.shrink(part.size, self.backend.device.name):
                    raise
            else:
                begun += part.taken
        return answers


@cache
def accelerator(acceleration: Acceleration) -> Accelerator:
    """The accelerator of this process, made once.

    Raises:
        ConfigurationError: Keras or its backend is missing.
    """
    return Accelerator(load_backend(acceleration.memory_share), acceleration)
