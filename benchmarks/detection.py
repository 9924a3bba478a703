"""Detectors side by side: how right they are, and what an image costs.

    python -m benchmarks.detection [--data faces.zip] [--rounds 60] [--fer /path/to/venv/bin/python [--only-fer]]

Quality needs the data: it is measured on the validation images, which our detector never learned from. Speed is
that of a 640x480 frame, on one core, all detectors by turns in one run: compare the ratios of one run, not numbers of
different days. With ``--fer``, an interpreter whose environment has the package fer, the whole analysis of a JPEG is
measured beside it: ``pip install fer 'opencv-contrib-python<5' 'moviepy<2'``. It is measured twice, for the two
processes share a machine's caches: one analysis at a turn, so that each finds the caches as the other left them, and
ten in a row, as in a service that does nothing else.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.fer_beside import FerBeside
from benchmarks.photos import face_photo
from contracts.errors import ConfigurationError
from models import load_analyzer
from models.detection import BgrImage, Detection, Detector, load_detector
from models.detection.base import rescaled
from models.images.decode import EncodedImage

FULL = "haar, full size"
TURNS = {"one at a turn": 1, "ten in a row": 10}
"""Analyses that each side makes before it is the other's turn."""
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    FULL: ("haar", {"working_size": None}),
    "haar, 320 px": ("haar", {}),
    "mtcnn": ("mtcnn", {}),
    "yunet, 512 px": ("yunet", {}),
    "lite": ("lite", {}),
}


def load_all(min_score: float | None, yunet_file: Path | None) -> dict[str, Detector]:
    """Every detector that this environment has."""
    loaded = {}
    for label, (name, options) in KINDS.items():
        weights = {"weights": yunet_file} if name == "yunet" else {}
        try:
            loaded[label] = load_detector(name, min_score=min_score, **options, **weights)
        except ConfigurationError as error:
            print(f"{label} left out: {error}")
    return loaded


def quality(data: Path, detectors: Mapping[str, Detector], defaults: Mapping[str, Detector]) -> None:
    """Print average precision, recall and false alarms of each detector on the validation images."""
    from training.detection.dataset import read_faces
    from training.detection.evaluate import measure

    images = read_faces(data).validation
    print(
        "\n| detector | average precision | by the boxes drawn | 24-48 px | 48-96 px | 96+ px "
        "| recall at 90 % precision | threshold | precision | recall | false alarms in 100 empty images |"
    )
    print("| --- " * 11 + "|")
    for label, detector in detectors.items():
        scores = measure(detector.detect, images).scores(defaults[label].min_score)
        shares = [
            *(scores[name] for name in ("average_precision", "average_precision_as_labelled")),
            *scores["average_precision_by_size"].values(),
            scores["recall_at_90_precision"],
        ]
        print(
            f"| {label} | {' | '.join(f'{value:.3f}' for value in shares)} "
            f"| {scores['min_score']:.2f} | {scores['precision']:.3f} | {scores['recall']:.3f} "
            f"| {scores['false_alarms_per_100']:.1f} |",
            flush=True,
        )


def decoding(data: Path, detector: Detector) -> None:
    """Print what is found in JPEGs of 640 pixels, decoded in full and only as finely as the detector needs them."""
    from training.detection.dataset import read_faces
    from training.detection.evaluate import measure

    images = read_faces(data).validation
    print("\n| lite, JPEGs of 640 px decoded | average precision | false alarms in 100 empty images |")
    print("| --- | --- | --- |")
    for label, least_side in (("in full", 640), ("as finely as is enough", detector.sufficient_size(640))):

        def detect(pixels: BgrImage, least_side: int = least_side) -> list[Detection]:
            size = 640 / max(pixels.shape)
            large = cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)
            image = EncodedImage(cv2.imencode(".jpg", large)[1].tobytes()).decode(least_side)
            return [rescaled(found, image.scale / size) for found in detector.detect(image.pixels)]

        scores = measure(detect, images).scores(load_detector("lite").min_score)
        print(f"| {label} | {scores['average_precision']:.3f} | {scores['false_alarms_per_100']:.1f} |", flush=True)


def in_turns(tasks: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Run all tasks once a round; milliseconds of CPU that each reports."""
    spent: dict[str, list[float]] = {label: [] for label in tasks}
    for task in tasks.values():
        task()
    for _ in range(rounds):
        for label, task in tasks.items():
            spent[label].append(task())
    return spent


def clocked(act: Callable[[], object], in_a_row: int = 1) -> Callable[[], float]:
    """Milliseconds of CPU time, of all threads, that ``act`` takes: what other processes do meanwhile is not in it."""

    def run() -> float:
        begun = time.process_time()
        for _ in range(in_a_row):
            act()
        return (time.process_time() - begun) * 1000 / in_a_row

    return run


def show(spent: Mapping[str, list[float]], baseline: str) -> None:
    """Print a table; ratios are of medians."""
    print("\n| | median ms | least ms | times as fast |\n| --- | --- | --- | --- |")
    whole = statistics.median(spent[baseline])
    for label, values in spent.items():
        median = statistics.median(values)
        print(f"| {label} | {median:.2f} | {min(values):.2f} | {whole / median:.1f} |")


def array_to_boxes(detectors: Mapping[str, Detector], photo: bytes, rounds: int) -> None:
    """Print what finding the faces of a decoded frame costs."""
    frame = np.asarray(cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    print(f"A 640x480 frame from array to boxes, CPU time, {rounds} rounds by turns:")
    tasks = {label: clocked(lambda each=each: each.detect(frame)) for label, each in detectors.items()}
    show(in_turns(tasks, rounds), FULL)


def bytes_to_emotions(python: Path, photo: bytes, rounds: int) -> None:
    """Print what the whole analysis costs here and in fer, whose environment's interpreter is ``python``."""
    print(f"\nA 640x480 JPEG with one face from bytes to emotions, CPU time, {rounds} rounds by turns:")
    analyzer = load_analyzer("lite")
    with FerBeside(python, photo) as beside:
        tasks: dict[str, Callable[[], float]] = {}
        for turn, times in TURNS.items():
            tasks[f"fer {beside.version}, {turn}"] = partial(beside.analyze, times)
            tasks[f"mien, {turn}"] = clocked(lambda: analyzer.analyze(photo), times)
        spent = list(in_turns(tasks, rounds).items())
        for pair in (spent[:2], spent[2:]):
            show(dict(pair), pair[0][0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="faces.zip; without it quality is left out")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--fer", type=Path, metavar="PYTHON", help="interpreter with the package fer")
    parser.add_argument("--yunet-file", type=Path, metavar="ONNX", help="the network file of yunet")
    parser.add_argument("--only-fer", action="store_true", help="leave out all but the comparison with fer")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photo = face_photo(640, 480)
    if not arguments.only_fer:
        detectors = load_all(None, arguments.yunet_file)
        array_to_boxes(detectors, photo, arguments.rounds)
    if arguments.fer:
        bytes_to_emotions(arguments.fer, photo, arguments.rounds)
    if arguments.data and not arguments.only_fer:
        sensitive = load_all(0.02, arguments.yunet_file)
        quality(arguments.data, sensitive, detectors)
        decoding(arguments.data, sensitive["lite"])


if __name__ == "__main__":
    main()
