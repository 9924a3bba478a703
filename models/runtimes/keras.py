"""Keras 3: executes ``.keras`` files, on a GPU where there is one, by whichever backend Keras has."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import ConfigurationError, InvalidWeights
from models.runtimes.accelerator import Accelerator, accelerator
from models.runtimes.base import DEFAULT_ACCELERATION, Acceleration, RuntimeName
from models.runtimes.keras_archive import prepared_archive
from models.runtimes.programs import Programs
from models.runtimes.tensors import Output


class KerasRuntime:
    """One network under Keras; a whole batch is one call, which is what a GPU wants.

    It is compiled once for each size of batch and form of input, when these come for the first time.
    """

    name: RuntimeName = "keras"

    def __init__(
        self, content: bytes, *, source: Path | str, acceleration: Acceleration = DEFAULT_ACCELERATION
    ) -> None:
        """Load the bytes of a ``.keras`` file; see ``models.runtimes.open_runtime``."""
        self.accelerator: Accelerator = accelerator(acceleration)
        self.network = _load(content, source, self.accelerator.precision)
        self._programs = Programs(self.accelerator.backend, _forward, self.network)

    def run(self, batch: np.ndarray, outputs: Sequence[int] | None = None) -> tuple[np.ndarray, ...]:
        """Run ``batch`` [N, …]; see ``models.runtimes.Runtime``."""
        numbers = range(len(self.network.outputs)) if outputs is None else outputs

        def part(first: int, count: int, size: int) -> list[np.ndarray]:
            answers = self.call(filled_up(batch[first : first + count], size))
            return [self.to_host(answers[number])[:count] for number in numbers]

        parts = self.accelerator.in_parts(len(batch), part)
        if not parts:
            return tuple(np.empty((0, *self.network.outputs[number].shape[1:]), np.float32) for number in numbers)
        return tuple(np.concatenate(pieces) for pieces in zip(*parts, strict=True))

    def prepare(self, item: np.ndarray, count: int) -> None:  # noqa: ARG002 - threads share it
        """Compile it for every size of batch; threads need nothing of their own."""
        for size in self.accelerator.sizes.up_to(self.accelerator.sizes.largest):
            self.run(np.repeat(item, size, axis=0))

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run one item [1, …]; its outputs, which are reals."""
        return tuple(map(Output, self.run(item)))

    def call(self, batch: Any) -> list[Any]:
        """Run a batch as it is, without a place of its own; for callers that have one (`Accelerator.in_parts`).

        Args:
            batch: real values or whole numbers [N, …], in memory or on the device.

        Returns:
            Float32 arrays [N, …] on the device, one an output.
        """
        return list(self._programs.run(batch))

    @staticmethod
    def to_host(array: Any) -> np.ndarray:
        """An array of the device in memory."""
        import keras

        return np.asarray(keras.ops.convert_to_numpy(array))


def filled_up(batch: np.ndarray, size: int) -> np.ndarray:
    """The batch [N, …] with as many empty items behind it as it lacks to ``size``."""
    missing = size - len(batch)
    return np.concatenate([batch, np.zeros((missing, *batch.shape[1:]), batch.dtype)]) if missing else batch


def _forward(network: Callable[[Any], Any], batch: Any) -> list[Any]:
    from keras import ops

    answers = network(ops.cast(batch, "float32"))
    if isinstance(answers, dict):
        answers = list(answers.values())
    return [ops.cast(answer, "float32") for answer in (answers if isinstance(answers, (list, tuple)) else [answers])]


def _load(content: bytes, source: Path | str, precision: str) -> Any:
    try:
        import keras
    except ImportError as error:
        raise ConfigurationError("Keras is not installed: install mien[training] or mien[gpu].") from error
    with tempfile.TemporaryDirectory() as folder:  # Keras loads from a path only
        path = Path(folder, "network.keras")
        try:
            path.write_bytes(prepared_archive(content, precision))
            return keras.models.load_model(path, compile=False)
        except (ValueError, OSError, KeyError, TypeError) as error:
            raise InvalidWeights(f"{source} is not a network that Keras can load: {error}") from error
