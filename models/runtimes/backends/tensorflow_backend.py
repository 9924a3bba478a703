"""TensorFlow."""

import logging
from collections.abc import Callable
from typing import Any

import keras  # noqa: F401 - what is missing is told by `loading`
import tensorflow as tf

from models.runtimes.backends.base import Backend, Compiled, Device

logger = logging.getLogger(__name__)


class TensorFlowBackend:
    """Compiles by XLA, as a graph of single operations does arithmetic in whole numbers on the processor."""

    name = "tensorflow"

    def __init__(self, memory_share: float) -> None:
        """Find the device; nothing has been computed yet, or its memory is no longer to be limited."""
        cards = tf.config.list_physical_devices("GPU")
        self.device = Device(False, "CPU")
        if cards:
            details = tf.config.experimental.get_device_details(cards[0])
            self.device = Device(True, str(details.get("device_name", "GPU")))
            _limit_memory(cards[0], memory_share)

    def compiled(self, function: Callable[..., Any], network: Any = None) -> Compiled:
        """See `Backend.compiled`."""
        if network is None:
            return self._graph(function)

        def forward(batch: Any) -> Any:
            return network(batch, training=False)

        return self._graph(lambda *arrays: function(forward, *arrays))

    def is_out_of_memory(self, error: Exception) -> bool:
        """See `Backend.is_out_of_memory`; where XLA allocates, it is only the text that says so."""
        return isinstance(error, tf.errors.ResourceExhaustedError) or "out of memory" in str(error).lower()

    def _graph(self, function: Callable[..., Any]) -> Compiled:
        return tf.function(function, autograph=False, jit_compile=True)  # type: ignore[no-any-return]


def open_backend(memory_share: float) -> Backend:
    """Open it; see `models.runtimes.backends.load_backend`."""
    return TensorFlowBackend(memory_share)


def _limit_memory(card: Any, share: float) -> None:
    try:
        if not share:
            tf.config.experimental.set_memory_growth(card, True)
            return
        total = tf.config.experimental.get_device_details(card).get("memory_bytes")
        del total
    except RuntimeError as error:  # it has been used already
        logger.warning("the memory of the card is not limited: %s", error)
