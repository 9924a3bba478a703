"""What executes a network, behind one small protocol: arrays in, arrays out.

``litert`` runs on every CPU and is the default; ``keras`` runs where TensorFlow is installed, for GPUs and
for comparing an exported file with its source. Only the module of a runtime imports its library, and only on
first use.
"""

from models.runtimes.base import DEFAULT_ACCELERATION, RUNTIMES, Acceleration, Precision, Runtime, RuntimeName
from models.runtimes.loading import open_runtime
from models.runtimes.tensors import Output

__all__ = [
    "DEFAULT_ACCELERATION",
    "RUNTIMES",
    "Acceleration",
    "Output",
    "Precision",
    "Runtime",
    "RuntimeName",
    "open_runtime",
]
