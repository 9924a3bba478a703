"""The GPUs of this machine, as ``nvidia-smi`` tells of them.

It comes with NVIDIA's driver, and needs neither CUDA nor a library that computes. A worker's heartbeat tells of its GPU
in the same form; `mien doctor` and ``python -m workers --gpus`` read it as well.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from contracts.errors import ConfigurationError
from contracts.results import Message

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
"""CUDA's own variable: numbers or UUIDs of the GPUs that a process may use, separated by commas; unset: all."""
ORDER: Final = "CUDA_DEVICE_ORDER"
BY_BUS: Final = "PCI_BUS_ID"
"""The value with which CUDA numbers GPUs as ``nvidia-smi`` does; by itself it begins with the fastest."""
PATIENCE_S: Final = 30.0
"""Where no process holds the driver, it is loaded for the question, which takes seconds a GPU."""

_FIELDS: Final = (
    *("index", "uuid", "name", "driver_version", "memory.total", "memory.used"),
    *("utilization.gpu", "temperature.gpu", "power.draw"),
)
_FIGURES: Final = 5
"""The last of those fields."""
_MIB: Final = 1 << 20
_EXIT_WARNS: Final = 14
"""Of ``nvidia-smi`` about a card whose infoROM is damaged; the card computes, and is told of before the warning."""
_END_S: Final = 1.0
"""For a process that was killed to end; one that waits for the driver does not."""


class Gpu(Message):
    """A GPU, and how it is at a moment. What it does not tell is none: some do not know their power, or their use."""

    index: int
    """As ``nvidia-smi`` counts."""
    uuid: str
    name: str
    driver: str = ""
    """Version of NVIDIA's driver."""
    memory_total_bytes: int | None = None
    memory_used_bytes: int | None = None
    """By all processes together, the driver's own share included."""
    utilisation: float | None = None
    """Part of the last moments in which something ran on it, 0 … 1."""
    temperature_c: float | None = None
    power_w: float | None = None

    @property
    def label(self) -> str:
        """For people: ``GPU 0: NVIDIA H200``."""
        return f"GPU {self.index}: {self.name}"


class NvidiaSmi:
    """Asks ``nvidia-smi``; a question that hangs, as with a driver that is broken, holds up nobody."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """Prepare; `patience_s` is how long an answer may take."""
        self._patience_s = patience_s
        self._hanging: subprocess.Popen[str] | None = None

    def gpus(self, uuid: str = "") -> list[Gpu]:
        """All GPUs of this machine, in their order, or only this one; never an empty list.

        Raises:
            ConfigurationError: there is none, or no driver: what is missing, and what to do.
        """
        if self._hanging is not None and self._hanging.poll() is None:  # it cannot be killed: one of them is enough
            raise ConfigurationError(self._too_long())
        only = [f"--id={uuid}"] if uuid else []
        command = ["nvidia-smi", *only, f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"]
        try:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise ConfigurationError(
                f"The program nvidia-smi, which comes with NVIDIA's driver, cannot be run here ({error.strerror}): "
                "install the driver, or give the container its GPUs (docs/gpu.md)."
            ) from None
        status, answer = self._answer(process)
        if status not in {0, _EXIT_WARNS} or "No devices" in answer:
            raise ConfigurationError(_failure(answer, status))
        return _parsed(answer)

    def _answer(self, process: "subprocess.Popen[str]") -> tuple[int, str]:
        try:
            answer, _ = process.communicate(timeout=self._patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            self._hanging = process
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
            if process.stdout:
                process.stdout.close()
            raise ConfigurationError(self._too_long()) from None
        return process.returncode, answer

    def _too_long(self) -> str:
        return (
            f"nvidia-smi has not answered for {self._patience_s:g} s, so the driver or a GPU hangs: look at the "
            "kernel's log for NVRM and Xid, and restart the machine."
        )


def visible(gpus: Sequence[Gpu], chosen: str | None) -> list[Gpu]:
    """Those of these GPUs that a process may use.

    Args:
        gpus: all of the machine.
        chosen: value of `VISIBLE`, whose numbers are those of ``nvidia-smi``; none: it is not set. As for CUDA, what
            follows an entry that names no GPU counts no more.
    """
    if chosen is None:
        return list(gpus)
    found = list[Gpu]()
    for entry in map(str.strip, chosen.split(",")):
        gpu = next((gpu for gpu in gpus if entry == str(gpu.index) or _begins(gpu.uuid, entry)), None)
        if gpu is None or gpu in found:
            break
        found.append(gpu)
    return found


def visible_here(environment: Mapping[str, str] = os.environ) -> str | None:
    """What this process may use, for `visible`."""
    return environment.get(VISIBLE)


def _begins(uuid: str, entry: str) -> bool:
    """Whether this stands for a UUID: CUDA takes the first figures of one, too."""
    return entry.startswith("GPU-") and uuid.startswith(entry)


def _failure(answer: str, status: int) -> str:
    said = " ".join(answer.split())
    if "No devices" in said:
        return (
            "nvidia-smi finds no GPU here: build one in, or give this container or virtual machine one (docs/gpu.md)."
        )
    if "mismatch" in said:
        do = "the driver was updated while the old one was loaded: restart the machine"
    elif "communicate with the NVIDIA driver" in said:
        do = "install NVIDIA's driver for this kernel, or load it (modprobe nvidia), and see that nvidia-smi answers"
    else:
        do = "see that nvidia-smi answers here; a container that has lost its GPUs has to be started anew"
    return f"nvidia-smi fails with status {status} ({said[:200].rstrip('. ') or 'and says nothing'}): {do}."


def _parsed(answer: str) -> list[Gpu]:
    try:
        gpus = [_gpu(line) for line in answer.splitlines() if line.strip() and not line.startswith("WARNING")]
    except ValueError:
        gpus = []
    if not gpus:
        raise ConfigurationError(f"nvidia-smi answers what Mien cannot read: {answer.strip()[:200]!r}.")
    return gpus


def _gpu(line: str) -> Gpu:
    index, uuid, *rest = (part.strip() for part in line.split(","))
    *name, driver = rest[:-_FIGURES]  # nothing forbids a comma in a name
    total, used, utilisation, temperature, power = map(_number, rest[-_FIGURES:])
    return Gpu(
        index=int(index),
        uuid=uuid,
        name=", ".join(name),
        driver=driver,
        memory_total_bytes=None if total is None else round(total * _MIB),
        memory_used_bytes=None if used is None else round(used * _MIB),
        utilisation=None if utilisation is None else utilisation / 100,
        temperature_c=temperature,
        power_w=power,
    )


def _number(text: str) -> float | None:
    """None where there is no such figure: ``[N/A]``, ``[Not Supported]``, ``[Unknown Error]``, ``ERR!``."""
    return float(text) if text[:1].isdecimal() else None
