"""What the library computes on with which Keras computes in this process."""

import os
from typing import NamedTuple


class Computing(NamedTuple):
    """A backend of Keras, and its device."""

    backend: str
    """As ``KERAS_BACKEND`` has it."""
    gpu_name: str
    """As its maker calls it; empty: it computes on the CPU."""


def computing() -> Computing:
    """Ask the backend, which is loaded by then: `models` has run the networks."""
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    return Computing(name, {"jax": _jax, "torch": _torch}.get(name, _tensorflow)())


def _tensorflow() -> str:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")) if gpus else ""


def _jax() -> str:
    import jax

    first = jax.devices()[0]
    return str(first.device_kind) if first.platform in {"cuda", "gpu"} else ""


def _torch() -> str:
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else ""
