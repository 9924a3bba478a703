"""Keras 3: executes ``.keras`` files, on a GPU where there is one."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import ConfigurationError, InvalidWeights
from models.runtimes.base import RuntimeName
from models.runtimes.tensors import Output


class KerasRuntime:
    """One network under Keras; a whole batch is one call, which is what a GPU wants."""

    name: RuntimeName = "keras"

    def __init__(self, content: bytes, *, source: Path | str) -> None:
        """Load the bytes of a ``.keras`` file; see ``models.runtimes.open_runtime``."""
        self._model = _load(content, source)

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run ``batch`` [N, …] at once; float32 arrays [N, …], one an output. N may be 0."""
        if not len(batch):
            return tuple(np.empty((0, *output.shape[1:]), np.float32) for output in self._model.outputs)
        outputs = self._model.predict_on_batch(batch.astype(np.float32))
        if isinstance(outputs, dict):
            outputs = list(outputs.values())
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        return tuple(np.asarray(output, np.float32) for output in outputs)

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run one item [1, …]; its outputs, which are reals."""
        return tuple(map(Output, self.run(item)))


def _load(content: bytes, source: Path | str) -> Any:
    try:
        import keras
    except ImportError as error:
        raise ConfigurationError("Keras is not installed: install mien[training] or mien[gpu].") from error
    with tempfile.TemporaryDirectory() as folder:  # Keras loads from a path only
        path = Path(folder, "network.keras")
        path.write_bytes(content)
        try:
            return keras.models.load_model(path, compile=False)
        except (ValueError, OSError, KeyError) as error:
            raise InvalidWeights(f"{source} is not a network that Keras can load: {error}") from error
