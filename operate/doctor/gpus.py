"""A GPU, where one is meant to be used: the driver, the library that computes on it, and whether the two fit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final, NamedTuple

from contracts.errors import ConfigurationError
from contracts.gpus import VISIBLE, Gpu, NvidiaSmi, visible, visible_here
from contracts.settings import Settings
from operate.doctor.finding import Finding, ok, problem, warning

_LOADING_S: Final = 90


class _Backend(NamedTuple):
    """A library that Keras computes with."""

    extra: str
    """That brings it with CUDA."""
    ask: str
    """Prints how many GPUs it sees."""


_BACKENDS: Final = {
    "tensorflow": _Backend("gpu", "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))"),
    "jax": _Backend("gpu-jax", "import jax; print(sum(one.platform in ('cuda', 'gpu') for one in jax.devices()))"),
    "torch": _Backend("gpu-torch", "import torch; print(torch.cuda.device_count())"),
}
_ON_A_CPU: Final = "or set MIEN_RUNTIME=litert, which is quicker on a CPU."


def check_gpu(settings: Settings) -> Iterator[Finding]:
    """What the library that ``KERAS_BACKEND`` names sees, and the driver, where the runtime `keras` is to use them."""
    if settings.runtime != "keras":
        return
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name not in _BACKENDS:
        says = f"KERAS_BACKEND={name} is no library that Keras computes with."
        yield problem("gpu", says, f"Set it to one of {', '.join(_BACKENDS)}, or unset it.")
        return
    extra = _BACKENDS[name].extra
    if missing := [library for library in ("keras", name) if find_spec(library) is None]:
        says = f"MIEN_RUNTIME=keras with {name} needs {' and '.join(missing)}, not installed here."
        yield problem("gpu", says, f"Install the extra {extra}, or set MIEN_RUNTIME=litert.")
        return
    there = list[Gpu]()
    try:
        gpus = NvidiaSmi().gpus()
    except ConfigurationError as error:
        yield warning("gpu", str(error), f"Or, if there is to be none, {_ON_A_CPU.removeprefix('or ')}")
    else:
        there = visible(gpus, visible_here())
        yield from _driver(gpus, there)
    yield _seen(name, there)


def _driver(gpus: list[Gpu], there: list[Gpu]) -> Iterator[Finding]:
    labels = ", ".join(gpu.label for gpu in gpus)
    if there:
        yield ok("gpu", f"NVIDIA's driver {gpus[0].driver} has {labels}.")
    else:
        says = f"{VISIBLE}={visible_here()} names none of {labels}."
        yield warning("gpu", says, "Unset it, or let it name one by its number or UUID.")


def _seen(name: str, there: list[Gpu]) -> Finding:
    """What the library itself sees, in a process of its own: it may take gigabytes, and a driver may end it."""
    try:
        done = subprocess.run(  # noqa: S603 - our own line
            [sys.executable, "-c", _BACKENDS[name].ask],
            capture_output=True,
            text=True,
            timeout=_LOADING_S,
            check=False,
        )
        found = int(done.stdout.strip() or 0)
    except (subprocess.TimeoutExpired, ValueError):
        found = 0
    if found:
        return ok("gpu", f"{name} sees {found} GPU{'s' if found > 1 else ''}.")
    if there:
        says = f"{name} sees no GPU although the driver ({there[0].driver}) has one, and computes on the CPU."
        extra = _BACKENDS[name].extra
        do = f"Install the extra {extra}, whose library has CUDA in it, or a newer driver (docs/gpu.md), {_ON_A_CPU}"
        return warning("gpu", says, do)
    do = f"Look at what is said of the driver, {_ON_A_CPU}"
    return warning("gpu", f"{name} sees no GPU, and computes on the CPU.", do)
