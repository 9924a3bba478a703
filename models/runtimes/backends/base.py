"""What a backend is asked for beside Keras."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

Compiled = Callable[..., Any]
"""Takes and gives the backend's arrays, or structures of them; NumPy arrays are taken as well."""


class Device(NamedTuple):
    """What computes."""

    is_gpu: bool
    name: str
    """As its maker calls it; of a processor just ``CPU``."""


class Backend(Protocol):
    """A library that Keras computes with, in this process. Safe to use from several threads."""

    name: str
    device: Device

    def compiled(self, function: Callable[..., Any], network: Any = None) -> Compiled:
        """Prepare a function for one set of shapes and types; it is compiled at the first call.

        Args:
            function: of ``keras.ops``. With a network its first argument is that network's forward pass.
            network: a Keras model.
        """

    def is_out_of_memory(self, error: Exception) -> bool:
        """Whether an error says that the device's memory did not suffice."""
