"""Which GPUs ``--gpus`` means."""

import argparse
from collections.abc import Sequence

from contracts.errors import ConfigurationError
from contracts.gpus import VISIBLE, Gpu, visible
from contracts.queues import analyses
from contracts.settings import Settings

Wanted = tuple[int, ...]
"""Numbers of GPUs, as ``nvidia-smi`` counts; none: all."""


def parse(text: str) -> Wanted:
    """``all``, or numbers separated by commas.

    Raises:
        ArgumentTypeError: it is neither.
    """
    if text == "all":
        return ()
    numbers = tuple(part.strip() for part in text.split(","))
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError("all, or numbers as nvidia-smi has them, separated by commas")
    return tuple(dict.fromkeys(map(int, numbers)))


def check(settings: Settings) -> None:
    """Whether workers with these settings use a GPU at all.

    Raises:
        ConfigurationError: they do not.
    """
    if settings.runtime != "keras":
        raise ConfigurationError(
            f"--gpus needs the runtime that computes on a GPU, and MIEN_RUNTIME is {settings.runtime}: set "
            "MIEN_RUNTIME=keras, or leave --gpus out."
        )
    if not analyses(settings.worker_queues):
        raise ConfigurationError(
            f"A worker of MIEN_WORKER_QUEUES={settings.worker_queues} reads no images and needs no GPU: leave --gpus "
            "out."
        )


def choose(wanted: Wanted, gpus: Sequence[Gpu], chosen: str | None) -> list[Gpu]:
    """The GPUs that get a worker each.

    Args:
        wanted: what ``--gpus`` says.
        gpus: all of the machine.
        chosen: value of ``CUDA_VISIBLE_DEVICES``, if that is set: the others are not there for us.

    Raises:
        ConfigurationError: one is not there, or none is left.
    """
    there = visible(gpus, chosen)
    limited = "" if chosen is None else f" ({VISIBLE}={chosen})"
    if not there:
        here = ", ".join(gpu.label for gpu in gpus)
        raise ConfigurationError(
            f"{VISIBLE}={chosen} leaves none of the GPUs of this machine ({here}): unset it, or let it name one by its "
            "number or UUID. A part of a GPU (MIG) gets a worker without --gpus, with its UUID in that variable."
        )
    numbers = {gpu.index: gpu for gpu in there}
    if missing := [number for number in wanted if number not in numbers]:
        named, has = (", ".join(map(str, some)) for some in (missing, numbers))
        raise ConfigurationError(
            f"--gpus names GPU {named}, and nvidia-smi has {has} here{limited}: name these, or all."
        )
    return [numbers[number] for number in wanted] if wanted else there
