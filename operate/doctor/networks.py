"""What analyses images: the files of networks, and a GPU where one is meant to be used."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contracts.errors import InvalidWeights
from contracts.settings import Settings
from models.weights.card import Card
from models.weights.store import WEIGHTS, read_card, read_checked
from operate.doctor.finding import Finding, ok, or_ok, problem, warning

_LOADING_S: Final = 90
_ASK: Final = "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))"


def check_weights(folder: Path = WEIGHTS) -> Iterator[Finding]:
    """Whether each file of a network is the one that its card describes."""
    findings, files = list[Finding](), 0
    for path in sorted(folder.glob("*.json")):
        try:
            card = read_card(path, Card, strict=False)
            for file in (card, *card.variants.values()):
                files += 1
                read_checked(path.with_name(file.file), file)
        except InvalidWeights as error:
            findings.append(problem("weights", str(error), "Install this version of Mien anew."))
    if not files and not findings:
        return
    yield from or_ok("weights", findings, f"{files} files of networks are those that their cards describe.")


def check_gpu(settings: Settings) -> Iterator[Finding]:
    """What TensorFlow sees, where the runtime `keras` is to use it."""
    if settings.runtime != "keras":
        return
    if find_spec("tensorflow") is None:
        says = "MIEN_RUNTIME=keras needs TensorFlow, which is not installed here."
        yield problem("gpu", says, "Install the extra gpu, or set MIEN_RUNTIME=litert.")
        return
    try:
        done = subprocess.run(  # noqa: S603 - our own line
            [sys.executable, "-c", _ASK], capture_output=True, text=True, timeout=_LOADING_S, check=False
        )
        found = int(done.stdout.strip() or 0)
    except (subprocess.TimeoutExpired, ValueError):
        found = 0
    if found:
        yield ok("gpu", f"TensorFlow sees {found} GPUs.")
    else:
        do = "Look at nvidia-smi and the driver's version, or set MIEN_RUNTIME=litert, which is quicker on a CPU."
        yield warning("gpu", "TensorFlow sees no GPU, and computes on the CPU.", do)
