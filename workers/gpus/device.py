"""What this worker computes on, for its name and its heartbeat; how its GPU is, read every few seconds."""

import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from contracts.errors import ConfigurationError
from contracts.gpus import BY_BUS, ORDER, VISIBLE, Gpu, NvidiaSmi, visible, visible_here
from contracts.queues import analyses
from contracts.settings import Settings

if TYPE_CHECKING:
    from models.runtimes.backends import Backend

READ_EVERY_S: Final = 5.0
"""A question takes some 50 ms of a processor, and a look at the metrics comes every 15 s or so."""
_PATIENCE_S: Final = 10.0
_BELIEVED_S: Final = 30.0
"""Seconds after which the last answer tells nothing any more."""

logger = logging.getLogger(__name__)


class Device:
    """A processor, or a GPU with a library that computes on it. May be used by several threads."""

    def __init__(
        self, backend: str = "", name: str = "", gpu: Gpu | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is asked yet.

        Args:
            backend: of Keras; empty with other runtimes.
            name: of the GPU, for people; empty: it computes on the CPU.
            gpu: what ``nvidia-smi`` tells of it, if it does.
            clock: gives seconds, and never goes back.
        """
        self.backend, self.name = backend, name
        self.suffix = "" if gpu is None else f"-gpu{gpu.index}"
        """Ends the name of its worker."""
        self.is_read = gpu is not None
        """Whether there is anything for `read` to ask for."""
        self._uuid = gpu.uuid if gpu else ""
        self._smi = NvidiaSmi(_PATIENCE_S)
        self._clock, self._told_at, self._gpu = clock, clock(), gpu

    @property
    def gpu(self) -> Gpu | None:
        """How the GPU was some seconds ago; none: there is none, or nothing is known of it any more."""
        return self._gpu if self._clock() - self._told_at < _BELIEVED_S else None

    def read(self) -> None:
        """Ask ``nvidia-smi`` how the GPU is.

        Raises:
            ConfigurationError: it does not tell; the worker goes on without.
        """
        (self._gpu,) = self._smi.gpus(self._uuid)
        self._told_at = self._clock()


def number_by_bus() -> None:
    """Let CUDA count GPUs as ``nvidia-smi`` does, unless the environment says how; before a library is loaded."""
    os.environ.setdefault(ORDER, BY_BUS)


def _backend(memory_share: float) -> "Backend":
    from models.runtimes.backends import load_backend  # NumPy, which a worker for webhooks alone does not load

    return load_backend(memory_share)


def find_device(settings: Settings, load: "Callable[[float], Backend]" = _backend) -> Device:
    """What a worker with these settings computes on, once its networks are loaded. Says so, and what is not right.

    Args:
        settings: of the worker.
        load: gives the backend of Keras, which is loaded by then, for the share of memory that it was loaded with.
    """
    if settings.runtime != "keras" or not analyses(settings.worker_queues):
        return Device()
    loaded = load(settings.gpu_memory_share)
    backend, (there, why_not) = loaded.name, _there()
    if loaded.device.is_gpu:
        gpu = there[0] if there else None
        name = gpu.label if gpu else loaded.device.name
        logger.info("computes on %s with Keras and %s%s", name, backend, f", driver {gpu.driver}" if gpu else "")
        if why_not:
            logger.warning("nothing is told of how the GPU is: %s", why_not)
        return Device(backend, name, gpu)
    if there:
        logger.warning(
            "%s sees no GPU although nvidia-smi has %s (driver %s), and computes on the CPU: it was installed without "
            "CUDA, or needs a newer driver; mien doctor and docs/gpu.md say more",
            backend,
            there[0].label,
            there[0].driver,
        )
    else:
        logger.warning("%s computes on the CPU, where MIEN_RUNTIME=litert is quicker: %s", backend, why_not)
    return Device(backend)


def _there() -> tuple[list[Gpu], str]:
    """The GPUs that this process may use, by ``nvidia-smi``; if there are none, why."""
    try:
        gpus = NvidiaSmi().gpus()
    except ConfigurationError as error:
        return [], str(error)
    chosen = visible_here()
    there = visible(gpus, chosen)
    return there, "" if there else f"{VISIBLE}={chosen} names none of {', '.join(gpu.label for gpu in gpus)}"
