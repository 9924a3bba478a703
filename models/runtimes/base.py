"""The protocol of a runtime."""

from typing import Final, Literal, Protocol

import numpy as np

from models.runtimes.tensors import Output

RuntimeName = Literal["litert", "keras"]

RUNTIMES: Final[tuple[RuntimeName, ...]] = ("litert", "keras")


class Runtime(Protocol):
    """A loaded network. Safe to call from any number of threads at once."""

    name: RuntimeName

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run the network on ``batch`` [N, …] of real values; float32 arrays [N, …], one an output. N may be 0."""

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run the network on one item [1, …]; its outputs as it left them, for a caller that needs little of them."""
