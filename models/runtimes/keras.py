"""Keras 3: executes ``.keras`` files, on a GPU where there is one."""

import tempfile
from collections.abc import Sequence
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

    def run(self, batch: np.ndarray, outputs: Sequence[int] | None = None) -> tuple[np.ndarray, ...]:
        """Run ``batch`` [N, …] at once; see ``models.runtimes.Runtime``."""
        given = self._run(batch) if len(batch) else [np.empty((0, *each.shape[1:])) for each in self._model.outputs]
        wanted = given if outputs is None else [given[number] for number in outputs]
        return tuple(np.asarray(output, np.float32) for output in wanted)

    def prepare(self, item: np.ndarray, count: int) -> None:  # noqa: ARG002 - threads share it
        """Run it once; threads need nothing of their own."""
        self.run(item)

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run one item [1, …]; its outputs, which are reals."""
        return tuple(map(Output, self.run(item)))

    def _run(self, batch: np.ndarray) -> list[Any]:
        outputs = self._model.predict_on_batch(batch.astype(np.float32))
        if isinstance(outputs, dict):
            return list(outputs.values())
        return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


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
