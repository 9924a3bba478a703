"""TensorFlow."""

import logging
import os
from collections.abc import Callable
from typing import Any

from contracts.errors import ConfigurationError
from contracts.gpus import NvidiaSmi, visible, visible_here
from models.runtimes.backends.base import Backend, Compiled, Device
from models.runtimes.backends.memory import says_out_of_memory

logger = logging.getLogger(__name__)


class TensorFlowBackend:
    """Compiles by XLA, as a graph of single operations does arithmetic in whole numbers on the processor."""

    name = "tensorflow"

    def __init__(self, memory_share: float) -> None:
        """Take the first device, and limit its memory; it is too late for both once anything has been computed."""
        import tensorflow as tf

        cards = tf.config.list_physical_devices("GPU")
        self.device = Device(False, "CPU")
        if cards:
            details = tf.config.experimental.get_device_details(cards[0])
            self.device = Device(True, str(details.get("device_name", "GPU")))
            _take_only(cards[0], memory_share)

    def compiled(self, function: Callable[..., Any], network: Any = None) -> Compiled:
        """See `Backend.compiled`."""
        import tensorflow as tf

        def with_network(*arrays: Any) -> Any:
            return function(lambda batch: network(batch, training=False), *arrays)

        graph = tf.function(function if network is None else with_network, autograph=False, jit_compile=True)
        traced: list[Compiled] = []

        def run(*arrays: Any) -> Any:
            there = [tf.convert_to_tensor(array) for array in arrays]
            if not traced:  # by ourselves: TensorFlow warns of functions of one name that it traces again and again
                traced.append(graph.get_concrete_function(*(tf.TensorSpec(each.shape, each.dtype) for each in there)))
            return traced[0](*there)

        return run

    def is_out_of_memory(self, error: Exception) -> bool:
        """See `Backend.is_out_of_memory`; where XLA allocates, it is only the text that says so."""
        import tensorflow as tf

        return isinstance(error, tf.errors.ResourceExhaustedError) or says_out_of_memory(error)


def open_backend(memory_share: float) -> Backend:
    """Open it; see `models.runtimes.backends.load_backend`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # its C++ tells what it does otherwise; warnings are still told
    import keras  # noqa: F401 - if it is missing, that is told now

    return TensorFlowBackend(memory_share)


def _take_only(card: Any, share: float) -> None:
    """Let TensorFlow take so much of a card and no more; by default as it needs, in place of all that is free.

    Other cards it leaves alone: it would fill them, or refuse to start as their memory is not limited likewise.
    """
    import tensorflow as tf

    try:
        tf.config.set_visible_devices([card], "GPU")
        if share and (total := _memory_mib()):
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=int(share * total))
            tf.config.set_logical_device_configuration(card, [limit])
        else:
            tf.config.experimental.set_memory_growth(card, True)
    except RuntimeError as error:  # it has been used already
        logger.warning("the memory of the card is not limited: %s", error)


def _memory_mib() -> int:
    """Of the card that this process has, in MiB; 0 if nobody tells."""
    try:
        there = visible(NvidiaSmi().gpus(), visible_here())
    except ConfigurationError as error:
        logger.warning("MIEN_GPU_MEMORY_SHARE is not heeded, as nothing tells how much memory the card has: %s", error)
        return 0
    return (there[0].memory_total_bytes or 0) // 2**20 if there else 0
