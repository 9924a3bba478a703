"""Functions on the device, compiled once for each set of shapes and types that they are given."""

import threading
from collections.abc import Callable
from typing import Any

from models.runtimes.backends import Backend
from models.runtimes.backends.base import Compiled


class Programs:
    """One function in all its compiled forms. Thread-safe."""

    def __init__(self, backend: Backend, function: Callable[..., Any], network: Any = None) -> None:
        """Compile nothing yet; arguments are those of `Backend.compiled`."""
        self._backend, self._function, self._network = backend, function, network
        self._compiled: dict[tuple[tuple[tuple[int, ...], Any], ...], Compiled] = {}
        self._lock = threading.Lock()

    def run(self, *arrays: Any) -> Any:
        """Run the function on arrays, in memory or on the device; what it gives stays on the device."""
        form = tuple((tuple(array.shape), array.dtype) for array in arrays)
        if form not in self._compiled:
            with self._lock:
                if form not in self._compiled:
                    self._compiled[form] = self._backend.compiled(self._function, self._network)
        return self._compiled[form](*arrays)

    def __len__(self) -> int:
        """How many forms there are."""
        return len(self._compiled)
