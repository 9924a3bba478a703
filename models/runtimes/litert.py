"""LiteRT: executes ``.tflite`` files on a CPU, in floating point or in 8 bits."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import ConfigurationError, InvalidWeights
from models.runtimes import RuntimeName


class LiteRT:
    """One network and, for each thread that calls it, one interpreter.

    An interpreter holds the tensors of one call: two threads in one interpreter corrupt each other. The
    weights are shared, so an additional thread costs the activations only.

    A batch runs item by item. On a CPU that is as fast as one call on the whole batch, it spares allocating
    tensors for every new size, and the answer for an image never depends on the images beside it.
    """

    name: RuntimeName = "litert"

    def __init__(self, content: bytes, *, source: Path | str, threads: int = 1) -> None:
        self._content = content
        self._source = source
        self._threads = threads
        self._local = threading.local()
        self._interpreter()  # a damaged file is refused here, not at the first face

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run each item of ``batch`` [N, …]; float32 arrays [N, …], one an output. N may be 0."""
        interpreter = self._interpreter()
        given = interpreter.get_input_details()[0]
        shape = (1, *batch.shape[1:])
        if tuple(given["shape"]) != shape:
            interpreter.resize_tensor_input(given["index"], shape)
            interpreter.allocate_tensors()
            given = interpreter.get_input_details()[0]
        outputs = sorted(interpreter.get_output_details(), key=_output_order)
        quantised = _quantise(batch, given)
        rows: list[list[np.ndarray]] = [[] for _ in outputs]
        for item in range(len(quantised)):
            interpreter.set_tensor(given["index"], quantised[item : item + 1])
            interpreter.invoke()
            for row, output in zip(rows, outputs, strict=True):
                row.append(_dequantise(interpreter.get_tensor(output["index"]), output))
        return tuple(
            np.concatenate(row) if row else np.empty((0, *output["shape"][1:]), np.float32)
            for row, output in zip(rows, outputs, strict=True)
        )

    def _interpreter(self) -> Any:
        """Give this thread's own interpreter, made at its first call."""
        try:
            return self._local.interpreter
        except AttributeError:
            self._local.interpreter = interpreter = _make(self._content, self._source, self._threads)
            return interpreter


def _make(content: bytes, source: Path | str, threads: int) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ConfigurationError("LiteRT is not installed: install mien[models].") from error
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise InvalidWeights(f"{source} is not a network that LiteRT can run: {error}") from error
    return interpreter


def _output_order(output: Mapping[str, Any]) -> str:
    """Order of outputs: by name; the converter numbers them (``…:0``, ``…:1``) but does not store them so."""
    return str(output["name"])


def _quantise(batch: np.ndarray, tensor: Mapping[str, Any]) -> np.ndarray:
    """Real values → what the input tensor holds: float32, or the integers that stand for them."""
    dtype = tensor["dtype"]
    scale, zero = tensor["quantization"]
    if not np.issubdtype(dtype, np.integer) or not scale:
        return np.ascontiguousarray(batch, dtype)
    if batch.dtype == dtype and scale == 1 and zero == 0:  # pixels for a tensor that holds pixels
        return np.ascontiguousarray(batch)
    limits = np.iinfo(dtype)
    steps = np.rint(batch / np.float32(scale)) + zero
    return np.asarray(np.clip(steps, limits.min, limits.max), dtype)


def _dequantise(values: np.ndarray, tensor: Mapping[str, Any]) -> np.ndarray:
    """Undo :func:`_quantise` for an output tensor."""
    scale, zero = tensor["quantization"]
    if not np.issubdtype(values.dtype, np.integer) or not scale:
        return values.astype(np.float32)
    return np.asarray((values.astype(np.float32) - zero) * np.float32(scale))
