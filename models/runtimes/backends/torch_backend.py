"""PyTorch."""

from collections.abc import Callable
from typing import Any

from models.runtimes.backends.base import Backend, Compiled, Device
from models.runtimes.backends.memory import says_out_of_memory


class TorchBackend:
    """Runs operation by operation: ``torch.compile`` needs a C compiler where it runs. cuDNN chooses once a shape."""

    name = "torch"

    def __init__(self, memory_share: float) -> None:
        """Find the device."""
        import torch

        self.device = Device(False, "CPU")
        if torch.cuda.is_available():
            self.device = Device(True, torch.cuda.get_device_name())
            torch.backends.cudnn.benchmark = True
            if memory_share:
                torch.cuda.set_per_process_memory_fraction(memory_share)

    def compiled(self, function: Callable[..., Any], network: Any = None) -> Compiled:
        """See `Backend.compiled`."""
        import torch
        from keras import ops

        def run(*arrays: Any) -> Any:
            with torch.inference_mode():
                there = [ops.convert_to_tensor(array) for array in arrays]  # a NumPy array stays in memory by itself
                return function(network, *there) if network is not None else function(*there)

        return run

    def is_out_of_memory(self, error: Exception) -> bool:
        """See `Backend.is_out_of_memory`; PyTorch's class for it is not that of what cuDNN and cuBLAS say."""
        return says_out_of_memory(error)


def open_backend(memory_share: float) -> Backend:
    """Open it; see `models.runtimes.backends.load_backend`."""
    import keras  # noqa: F401 - if it is missing, that is told now

    return TorchBackend(memory_share)
