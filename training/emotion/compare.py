"""Networks side by side: size, cost, speed, accuracy, all of 8-bit files in one run."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Final

import numpy as np

from models.classification import softmax
from models.runtimes import open_runtime
from training.emotion.convert import convert, serving_model
from training.emotion.metrics import accuracy
from training.emotion.recipe import Recipe
from training.shared.cost import cost_of
from training.shared.fer2013 import Split
from training.shared.run_folder import RunFolder

_REPRESENTATIVE: Final = 500
_ROUNDS: Final = 30
_TIMED: Final = 50


@dataclass(frozen=True)
class Row:
    """One network in the table."""

    name: str
    multiply_adds: int
    parameters: int
    size_bytes: int
    compressed_bytes: int
    milliseconds: float
    accuracy: float


def compare(runs: list[RunFolder], training: np.ndarray, test: Split) -> list[Row]:
    """Measure networks in 8 bits.

    The timings take turns, so that other load on the machine falls on all of them alike.

    Args:
        runs: finished runs.
        training: images to quantise with, uint8 [N, 48, 48].
        test: images to measure accuracy and time on.
    """
    import keras

    chosen = np.random.default_rng(0).choice(len(training), min(_REPRESENTATIVE, len(training)), replace=False)
    made = []
    for run in runs:
        network = keras.models.load_model(run.path / "network.keras", compile=False)
        cost = cost_of(network)
        content = convert(serving_model(network, run.recipe(Recipe).network), "int8", training[chosen])
        made.append((run, cost, content, open_runtime("litert", content, source=run.path)))
    speeds = time_in_turns([runtime.run for _, _, _, runtime in made], test.images[..., None])
    return [
        Row(
            name=run.path.name,
            multiply_adds=cost.multiply_adds,
            parameters=cost.parameters,
            size_bytes=len(content),
            compressed_bytes=len(gzip.compress(content)),
            milliseconds=speed,
            accuracy=accuracy(softmax(runtime.run(test.images[..., None])[0]), test.labels),
        )
        for (run, cost, content, runtime), speed in zip(made, speeds, strict=True)
    ]


def time_in_turns(calls: Sequence[Callable[[np.ndarray], object]], images: np.ndarray) -> list[float]:
    """Milliseconds of CPU a face of each network: the best of some rounds over a sample of ``images``."""
    sample = images[:_TIMED]
    best = [float("inf")] * len(calls)
    for _ in range(_ROUNDS):
        for number, call in enumerate(calls):
            began = process_time()
            call(sample)
            best[number] = min(best[number], (process_time() - began) / len(sample) * 1000)
    return best


def table(rows: list[Row]) -> str:
    """Lay out a Markdown table; the first row is what the others are compared with."""
    first = rows[0]
    lines = [
        "| network | parameters | multiply-adds | file | compressed | ms a face | accuracy |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        saved = 1 - row.multiply_adds / first.multiply_adds
        faster = first.milliseconds / row.milliseconds
        lines.append(
            f"| {row.name} | {row.parameters / 1e6:.2f} M | {row.multiply_adds / 1e6:.1f} M (-{saved:.0%}) "
            f"| {row.size_bytes / 1024:.0f} KiB | {row.compressed_bytes / 1024:.0f} KiB "
            f"| {row.milliseconds:.3f} ({faster:.2f}x) | {row.accuracy:.4f} |"
        )
    return "\n".join(lines)


def write_table(rows: list[Row], path: Path) -> None:
    """Write the table to a Markdown file."""
    path.write_text(table(rows) + "\n", encoding="utf-8")
