"""The protocol of a runtime."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np

from models.runtimes.tensors import Output

RuntimeName = Literal["litert", "keras"]

RUNTIMES: Final[tuple[RuntimeName, ...]] = ("litert", "keras")

Precision = Literal["auto", "float32", "bfloat16", "float16"]


class Acceleration(NamedTuple):
    """How the runtime ``keras`` is to use its device."""

    precision: Precision = "auto"
    """In what it computes; ``auto``: float16 on a GPU, float32 elsewhere."""
    batch_images: int = 0
    """Images of the largest batch; 0: what the device has memory for."""
    memory_share: float = 0.0
    """Part of the device's memory that this process may take; 0: what is free when it starts."""


DEFAULT_ACCELERATION: Final = Acceleration()


class Runtime(Protocol):
    """A loaded network. Safe to call from any number of threads at once."""

    name: RuntimeName

    def run(self, batch: np.ndarray, outputs: Sequence[int] | None = None) -> tuple[np.ndarray, ...]:
        """Run the network on many items.

        Args:
            batch: real values [N, …]; N may be 0.
            outputs: numbers of those that are read, in this order; by default all.

        Returns:
            Float32 arrays [N, …], one an output.
        """

    def prepare(self, item: np.ndarray, count: int) -> None:
        """Have ready, for so many threads that have not called yet, what each of them needs for itself.

        Args:
            item: real values [1, …], which the network is run on.
            count: of threads.
        """

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run the network on one item [1, …]; its outputs as it left them, for a caller that needs little of them."""
