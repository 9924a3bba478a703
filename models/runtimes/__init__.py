"""What executes a network, behind one small protocol: arrays in, arrays out.

``litert`` runs on every CPU and is the default; ``keras`` runs where TensorFlow is installed, for GPUs and
for comparing an exported file with its source. Only the module of a runtime imports its library, and only on
first use.
"""

from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np

from contracts.errors import ConfigurationError
from models.runtimes.tensors import Output

__all__ = ["RUNTIMES", "Output", "Runtime", "RuntimeName", "open_runtime"]

RuntimeName = Literal["litert", "keras"]

RUNTIMES: Final[tuple[RuntimeName, ...]] = ("litert", "keras")


class Runtime(Protocol):
    """A loaded network. Safe to call from any number of threads at once."""

    name: RuntimeName

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run the network on ``batch`` [N, …] of real values; float32 arrays [N, …], one an output."""

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run the network on one item [1, …]; its outputs as it left them, for whoever needs little of them."""


def open_runtime(name: RuntimeName | str, content: bytes, *, source: Path | str, threads: int = 1) -> Runtime:
    """Load the network in ``content`` (the bytes of a ``.tflite`` or ``.keras`` file).

    ``source`` names the file in errors; ``threads`` is how many cores one call may use.
    Raises ``ConfigurationError`` for an unknown or uninstalled runtime, ``InvalidWeights`` for bytes that
    are no network.
    """
    if name == "litert":
        from models.runtimes.litert import LiteRT

        return LiteRT(content, source=source, threads=threads)
    if name == "keras":
        from models.runtimes.keras import KerasRuntime

        return KerasRuntime(content, source=source)
    raise ConfigurationError(f"There is no runtime named {name!r}; choose one of {', '.join(RUNTIMES)}.")
