"""LiteRT: executes ``.tflite`` files on a CPU, in floating point or in 8 bits."""

import collections
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import ConfigurationError, InvalidWeights
from models.runtimes.base import RuntimeName
from models.runtimes.tensors import Output, Tensor


class LiteRT:
    """One network and, for each thread that calls it, one interpreter.

    An interpreter holds the tensors of one call: two threads in one interpreter corrupt each other. The
    weights are shared, so an additional thread costs the activations only.

    A batch runs item by item. On a CPU that is as fast as one call on the whole batch, it spares allocating
    tensors for every new size, and the answer for an image never depends on the images beside it.
    """

    name: RuntimeName = "litert"

    def __init__(self, content: bytes, *, source: Path | str, threads: int = 1) -> None:
        """Load the bytes of a ``.tflite`` file; see ``models.runtimes.open_runtime``."""
        self._content = content
        self._source = source
        self._threads = threads
        self._local = threading.local()
        self._prepared = collections.deque[_Session]()
        self._local.interpreter = _make(
            content, source, threads
        )  # a damaged file is refused here, not at the first face

    def prepare(self, item: np.ndarray, count: int) -> None:
        """Have interpreters ready, warmed up with `item`, for as many threads that have not called yet."""
        for _ in range(count):
            session = _Session(_make(self._content, self._source, self._threads), item.shape)
            session.run(item, ())
            self._prepared.append(session)

    def run(self, batch: np.ndarray, outputs: Sequence[int] | None = None) -> tuple[np.ndarray, ...]:
        """Run each item of ``batch`` [N, …]; see ``models.runtimes.Runtime``."""
        session = self._session((1, *batch.shape[1:]))
        numbers = range(len(session.nothing)) if outputs is None else outputs
        rows = [
            [output.dequantized() for output in session.run(batch[item : item + 1], numbers)]
            for item in range(len(batch))
        ]
        if not rows:
            return tuple(session.nothing[number] for number in numbers)
        return tuple(np.concatenate(row) for row in zip(*rows, strict=True))

    def run_one(self, item: np.ndarray) -> tuple[Output, ...]:
        """Run one item [1, …]; its outputs as the network left them."""
        session = self._session(item.shape)
        return session.run(item, range(len(session.nothing)))

    def _session(self, shape: tuple[int, ...]) -> "_Session":
        """Give this thread's own session for one item of this shape: the last one, or one made now."""
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._take_prepared()
        if session is None or session.shape != shape:
            interpreter = getattr(self._local, "interpreter", None) or _make(self._content, self._source, self._threads)
            self._local.interpreter = interpreter
            self._local.session = session = _Session(interpreter, shape)
        return session

    def _take_prepared(self) -> "_Session | None":
        try:
            session = self._prepared.popleft()
        except IndexError:
            return None
        self._local.session, self._local.interpreter = session, session.interpreter
        return session


class _Session:
    """An interpreter prepared for one input shape, with the details of its tensors: asking at each call is slow."""

    def __init__(self, interpreter: Any, shape: tuple[int, ...]) -> None:
        given = interpreter.get_input_details()[0]
        if tuple(given["shape"]) != shape:
            interpreter.resize_tensor_input(given["index"], shape)
            interpreter.allocate_tensors()
        self.shape = shape
        self.interpreter = interpreter
        self._given = Tensor.of(given)
        # The converter numbers the outputs in their names (…:0, …:1) but does not store them in that order.
        outputs = sorted(interpreter.get_output_details(), key=lambda output: str(output["name"]))
        self._outputs = [Tensor.of(output) for output in outputs]
        self.nothing = tuple(np.empty((0, *output["shape"][1:]), np.float32) for output in outputs)

    def run(self, item: np.ndarray, numbers: Iterable[int]) -> tuple[Output, ...]:
        """Run one item of the session's shape; the outputs of these numbers."""
        interpreter = self.interpreter
        interpreter.set_tensor(self._given.number, self._given.quantised(item))
        interpreter.invoke()
        wanted = (self._outputs[number] for number in numbers)
        return tuple(output.output(interpreter.get_tensor(output.number)) for output in wanted)


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
