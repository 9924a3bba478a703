"""JAX."""

import os
from collections.abc import Callable
from typing import Any

from models.runtimes.backends.base import Backend, Compiled, Device
from models.runtimes.backends.memory import says_out_of_memory


class JaxBackend:
    """Compiles by XLA; weights are arguments, or each shape would have a copy of them in it."""

    name = "jax"

    def __init__(self) -> None:
        """Find the device."""
        import jax

        first = jax.devices()[0]
        is_gpu = first.platform in {"cuda", "gpu"}
        self.device = Device(is_gpu, str(first.device_kind) if is_gpu else "CPU")

    def compiled(self, function: Callable[..., Any], network: Any = None) -> Compiled:
        """See `Backend.compiled`."""
        import jax

        if network is None:
            return jax.jit(function)  # type: ignore[no-any-return]
        weights = [
            [variable.value for variable in variables]
            for variables in (network.trainable_variables, network.non_trainable_variables)
        ]

        def with_weights(weights: Any, *arrays: Any) -> Any:
            return function(lambda batch: network.stateless_call(*weights, batch, training=False)[0], *arrays)

        run = jax.jit(with_weights)
        return lambda *arrays: run(weights, *arrays)

    def is_out_of_memory(self, error: Exception) -> bool:
        """See `Backend.is_out_of_memory`; JAX has no class for it."""
        return says_out_of_memory(error)


def open_backend(memory_share: float) -> Backend:
    """Open it; see `models.runtimes.backends.load_backend`."""
    # JAX reads them when it is asked for its devices for the first time; by itself it takes three quarters of a card.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "true" if memory_share else "false")
    if memory_share:
        os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = str(memory_share)
    import jax
    import keras  # noqa: F401 - if it is missing, that is told now

    jax.config.update("jax_cuda_visible_devices", "0")  # the first of this process; it takes memory of all otherwise
    return JaxBackend()
