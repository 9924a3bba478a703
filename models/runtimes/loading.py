"""Runtimes by name."""

from pathlib import Path

from contracts.errors import ConfigurationError
from models.runtimes.base import DEFAULT_ACCELERATION, RUNTIMES, Acceleration, Runtime, RuntimeName


def open_runtime(
    name: RuntimeName | str,
    content: bytes,
    *,
    source: Path | str,
    threads: int = 1,
    acceleration: Acceleration = DEFAULT_ACCELERATION,
) -> Runtime:
    """Load a network.

    Args:
        name: one of ``RUNTIMES``.
        content: bytes of a ``.tflite`` or ``.keras`` file.
        source: what the file is called in errors.
        threads: how many cores one call of ``litert`` may use.
        acceleration: how ``keras`` is to use its device.

    Raises:
        ConfigurationError: an unknown or uninstalled runtime.
        InvalidWeights: bytes that are no network.
    """
    if name == "litert":
        from models.runtimes.litert import LiteRT

        return LiteRT(content, source=source, threads=threads)
    if name == "keras":
        from models.runtimes.keras import KerasRuntime

        return KerasRuntime(content, source=source, acceleration=acceleration)
    raise ConfigurationError(f"There is no runtime named {name!r}; choose one of {', '.join(RUNTIMES)}.")
