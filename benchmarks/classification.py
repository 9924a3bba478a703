"""What a face costs: size, parameters, multiply-adds and milliseconds of a shipped network, in 8 bits and in float32.

    python -m benchmarks.classification [--model mien-2] [--data PATH]

Both forms are timed in turns within one run, on one core. With FER2013 given, also how often they agree and how
often each is right on the public test.
"""

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from contracts.errors import InvalidWeights
from models.classification import DEFAULT_MODEL, EmotionCard, softmax
from models.runtimes import Runtime, open_runtime
from models.weights import load_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="default: %(default)s")
    parser.add_argument("--faces", type=int, default=500, help="faces a round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s; the best one counts")
    parser.add_argument("--data", type=Path, default=os.environ.get("MIEN_DATA"), help="FER2013")
    arguments = parser.parse_args()

    contents, card = load_forms(arguments.model)
    runtimes = {form: open_runtime("litert", content, source=form) for form, content in contents.items()}
    faces = np.random.default_rng(0).integers(0, 256, (arguments.faces, 48, 48, 1), np.uint8)
    speeds = time_in_turns({form: partial(runtime.run, faces) for form, runtime in runtimes.items()}, arguments.rounds)
    print(f"{card.name}: {card.parameters:,} parameters, {card.multiply_adds / 1e6:.1f} million multiply-adds a face")
    for form, content in contents.items():
        print(f"  {form:8} {len(content):>10,} bytes   {1000 * speeds[form] / len(faces):.3f} ms a face")
    if {"int8", "float32"} <= contents.keys():
        smaller, faster = len(contents["int8"]) / len(contents["float32"]), speeds["float32"] / speeds["int8"]
        print(f"  int8 against float32: {smaller:.3f} of the size, {faster:.2f} times as fast")
    if arguments.data:
        compare(runtimes, Path(arguments.data))


def load_forms(name: str) -> tuple[dict[str, bytes], EmotionCard]:
    """The LiteRT files of a shipped network, by form."""
    content, card = load_weights(name, EmotionCard)
    forms = {card.file.split(".")[-2]: content}
    for form in ("float32", "int8"):
        try:
            forms.setdefault(form, load_weights(name, EmotionCard, variant=form)[0])
        except InvalidWeights:
            continue
    return forms, card


def time_in_turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of the fastest of ``rounds`` calls each; they take turns, so that other load falls on all alike."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            began = perf_counter()
            call()
            best[name] = min(best[name], perf_counter() - began)
    return best


def compare(runtimes: dict[str, Runtime], data: Path) -> None:
    """Accuracy of every form on the public test, and how often they give the same label."""
    from training.shared.fer2013 import read_fer2013

    test = read_fer2013(data).public_test
    answers = {form: softmax(runtime.run(test.images[..., None])[0]).argmax(1) for form, runtime in runtimes.items()}
    for form, labels in answers.items():
        print(f"  {form:8} public test accuracy {(labels == test.labels).mean():.4f}")
    if {"int8", "float32"} <= answers.keys():
        print(f"  same label in {(answers['int8'] == answers['float32']).mean():.2%} of the images")


if __name__ == "__main__":
    main()
