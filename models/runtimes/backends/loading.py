"""The backend of this process."""

import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Final

from contracts.errors import ConfigurationError
from models.runtimes.backends.base import Backend

DEFAULT: Final = "tensorflow"
_EXTRAS: Final = {"tensorflow": "gpu", "jax": "gpu-jax", "torch": "gpu-torch"}
"""Backend → the extra that brings it with CUDA."""
_opened: Final[dict[str, Backend]] = {}
_lock: Final = threading.Lock()


def load_backend(memory_share: float = 0.0) -> Backend:
    """Load the backend that ``KERAS_BACKEND`` names, once a process.

    Args:
        memory_share: part of the device's memory that this process may take; 0: as it needs. Heeded by the first call.

    Raises:
        ConfigurationError: an unknown backend, or one that is not installed or does not start; what to do is said.
    """
    name = os.environ.setdefault("KERAS_BACKEND", DEFAULT)
    if name not in _EXTRAS:
        raise ConfigurationError(f"KERAS_BACKEND={name} is none of {', '.join(_EXTRAS)}.")
    if name not in _opened:
        with _lock:
            if name not in _opened:
                _opened[name] = _open(name, memory_share)
    return _opened[name]


def _open(name: str, memory_share: float) -> Backend:
    try:
        opened: Callable[[float], Backend] = import_module(f"models.runtimes.backends.{name}_backend").open_backend
        return opened(memory_share)
    except ImportError as error:
        raise ConfigurationError(
            f"Keras or {name}, with which it is to compute, is not installed: install mien[{_EXTRAS[name]}], "
            f"or mien[training] for a CPU. ({error})"
        ) from error
