"""The protocol of a runtime."""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

import numpy as np

from models.runtimes.tensors import Output

RuntimeName = Literal["litert", "keras"]

RUNTIMES: Final[tuple[RuntimeName, ...]] = ("litert", "keras")


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
