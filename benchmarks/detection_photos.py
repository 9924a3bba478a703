"""What clients really send: groups, tight crops, photos of every size: who is found, with what scores, at what cost.

    python -m benchmarks.detection_photos --faces faces.zip --emotions fer2013.zip [--blaze PYTHON]

Tilings: the astronaut, and 72 validation photos of one person, with a face of 107 pixels in every 512 of a mosaic.
Tight: public-test faces of FER2013 pasted into validation scenes. Separation: the score of the one face of a validation
photo against that of the best false candidate beside it. Cost: a JPEG of a group from bytes to emotions, CPU time by
stage, and by how much the process grew at most meanwhile, a process for each size. Detectors have their own
thresholds. ``--blaze`` is an interpreter of an environment with `mediapipe<0.10.15`, whose BlazeFace is measured too.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from skimage.data import astronaut

from models import Analyzer
from models.boxes import corners, iou
from models.classification import load_classifier
from models.detection import BgrImage, Detection, Detector, load_detector
from training.detection.dataset import LabelledImage, read_faces

TILE = 512
FACE = 107.0
"""Longer side of a face in a tile, in pixels."""
ASTRONAUT = (177.0, 67.0, 92.0, 112.0)
"""The face in the astronaut's photo of 512 pixels: x, y, width, height."""
GRIDS = ((1, 1), (2, 1), (2, 2), (3, 2), (4, 3))
BANDS = ((16, 24), (24, 36), (36, 70), (70, 110), (110, 220))
"""Sides in pixels of faces pasted into an image of 640x480."""
SIZES = ((640, 480), (1280, 960), (2048, 1536), (3000, 2000), (4032, 3024))
HITS = 0.4
STAGES = ("decode", "detect", "classify")

Detect = Callable[[BgrImage], Sequence[Detection]]
Box = tuple[float, float, float, float]


class Scene(NamedTuple):
    """An image and where its faces are."""

    pixels: BgrImage
    faces: list[Box]


def found(answers: Sequence[Detection], faces: Sequence[Box]) -> tuple[int, int]:
    """How many faces were found, and how many boxes are on none."""
    free = list(faces)
    for answer in answers:
        match = max(free, key=lambda face: overlap(answer[:4], face), default=None)
        if match is not None and overlap(answer[:4], match) >= HITS:
            free.remove(match)
    hits = len(faces) - len(free)
    return hits, len(answers) - hits


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    return float(iou(corners(a), corners(b)))


def tiling(tiles: Sequence[Scene], columns: int, rows: int) -> Scene:
    """Lay tiles out row by row."""
    pixels = np.full((rows * TILE, columns * TILE, 3), 128, np.uint8)
    faces = []
    for number, tile in zip(range(columns * rows), tiles, strict=False):
        x, y = number % columns * TILE, number // columns * TILE
        pixels[y : y + TILE, x : x + TILE] = tile.pixels
        faces += [(x + face[0], y + face[1], face[2], face[3]) for face in tile.faces]
    return Scene(pixels, faces)


def tile_of(photo: LabelledImage) -> Scene:
    """Scale a photo of one person so that the face has its size, and show it with the photo around it."""
    x1, y1, x2, y2 = photo.boxes[0].tolist()
    scale = FACE / max(x2 - x1, y2 - y1)
    shift = TILE / 2 - scale * np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = cv2.warpAffine(photo.pixels, matrix, (TILE, TILE), flags=way, borderValue=(128, 128, 128))
    face = (x1 * scale + shift[0], y1 * scale + shift[1], (x2 - x1) * scale, (y2 - y1) * scale)
    return Scene(np.asarray(pixels, np.uint8), [face])


def tilings(detectors: Mapping[str, Detect], photos: Sequence[LabelledImage]) -> None:
    """Print how many faces of mosaics are found, and how many boxes lie on none."""
    alone = Scene(np.ascontiguousarray(astronaut()[:, :, ::-1]), [ASTRONAUT])
    people = [tile_of(photo) for photo in photos][:72]
    cases = {f"the astronaut, {c}x{r}": [tiling([alone] * (c * r), c, r)] for c, r in GRIDS}
    for c, r in GRIDS:
        groups = [people[start : start + c * r] for start in range(0, len(people), c * r)]
        cases[f"{len(people)} people, {c}x{r}"] = [tiling(group, c, r) for group in groups]
    for side, wide in ((1536, 1536), (1712, 1712), (1600, 2400), (3000, 4000)):
        small = round(TILE * 86 / 112)
        pixels = np.full((side, wide, 3), 128, np.uint8)
        x, y = (wide - small) // 2, (side - small) // 2
        pixels[y : y + small, x : x + small] = cv2.resize(alone.pixels, (small, small), interpolation=cv2.INTER_AREA)
        face = tuple(value * small / TILE + place for value, place in zip(ASTRONAUT, (x, y, 0, 0), strict=True))
        cases[f"one of 86 px in grey {wide}x{side}"] = [Scene(pixels, [face])]  # type: ignore[list-item]
    _table("faces found, and boxes on none", detectors)
    for label, scenes in cases.items():
        cells = []
        for detect in detectors.values():
            counts = np.array([found(detect(scene.pixels), scene.faces) for scene in scenes]).sum(axis=0)
            cells.append(f"{counts[0]} of {sum(len(scene.faces) for scene in scenes)}, {counts[1]}")
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def tight(detectors: Mapping[str, Detect], faces: np.ndarray, scenes: Sequence[BgrImage], count: int) -> None:
    """Print how many faces, cut close and pasted, are found, by size."""
    rng = np.random.default_rng(2)
    _table("tightly cut faces found", detectors)
    for low, high in BANDS:
        hits = dict.fromkeys(detectors, 0)
        for face in faces[rng.permutation(len(faces))[:count]]:
            pixels = cv2.resize(scenes[int(rng.integers(len(scenes)))], (640, 480))
            side = int(rng.integers(low, high))
            x, y = int(rng.integers(640 - side)), int(rng.integers(480 - side))
            way = cv2.INTER_CUBIC if side > len(face) else cv2.INTER_AREA
            pixels[y : y + side, x : x + side] = cv2.resize(face, (side, side), interpolation=way)[..., None]
            for label, detect in detectors.items():
                hits[label] += any(
                    x < each.x + each.width / 2 < x + side
                    and y < each.y + each.height / 2 < y + side
                    and 0.4 * side < max(each.width, each.height) < 1.6 * side
                    for each in detect(np.asarray(pixels, np.uint8))
                )
        print(f"| {low}-{high} px | " + " | ".join(f"{n / count:.3f}" for n in hits.values()) + " |", flush=True)


def separation(detectors: Mapping[str, Detect], photos: Sequence[LabelledImage]) -> None:
    """Print the scores of faces and of what is none beside them, by detectors with a threshold near 0."""
    _table("one clear face a photo", detectors)
    rows: dict[str, list[str]] = {}
    for detect in detectors.values():
        right, wrong = [], []
        for photo in photos:
            x1, y1, x2, y2 = photo.boxes[0].tolist()
            hits = [(overlap(each[:4], (x1, y1, x2 - x1, y2 - y1)), each.score) for each in detect(photo.pixels)]
            right.append(max((score for area, score in hits if area >= HITS), default=0.0))
            wrong.append(max((score for area, score in hits if area < 0.1), default=0.0))
        for label, value in (
            ("score of the face, median", np.median(right)),
            ("nine in ten are above", np.percentile(right, 10)),
            ("best false candidate, median", np.median(wrong)),
            ("nine in ten are below", np.percentile(wrong, 90)),
            ("photos whose face has the highest score", np.mean(np.array(right) > np.array(wrong))),
        ):
            rows.setdefault(label, []).append(f"{value:.2f}")
    for label, cells in rows.items():
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def cost(options: Sequence[str]) -> None:
    """Print CPU time and memory of a JPEG from bytes to emotions, by size."""
    print(f"\n| lite, a group of twelve | {' ms | '.join(STAGES)} ms | memory MB |\n" + "| --- " * 5 + "|")
    for width, height in SIZES:
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(group_photo(width, height))
            file.flush()
            command = [sys.executable, "-m", "benchmarks.detection_photos", "--one", file.name, *options]
            row = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(f"| {width}x{height} {row}", flush=True)


def one(photo: bytes, detector: Detector, rounds: int) -> None:
    """Print the row of one photo."""
    analyzer = Analyzer(detector, load_classifier())
    analyzer.warm_up()
    before = peak_memory(afresh=True)
    analyzer.analyze_image(photo)  # opens the inputs of its size
    spent = []
    for _ in range(rounds):
        seconds: dict[str, float] = {}
        analyzer.analyze_image(photo, seconds)
        spent.append([seconds[stage] for stage in STAGES])
    cells = [f"{value:.1f}" for value in np.median(np.array(spent), axis=0) * 1000]
    print(f"| {' | '.join(cells)} | {peak_memory() - before:.0f} |")


def group_photo(width: int, height: int) -> bytes:
    """A JPEG of twelve people."""
    alone = Scene(np.ascontiguousarray(astronaut()[:, :, ::-1]), [ASTRONAUT])
    pixels = cv2.resize(tiling([alone] * 12, 4, 3).pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def peak_memory(*, afresh: bool = False) -> float:
    """Megabytes that this process held at most, or holds, if it is to be counted ``afresh``; Linux counts them."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _table(title: str, detectors: Mapping[str, Detect]) -> None:
    print(f"\n| {title} | " + " | ".join(detectors) + " |\n" + "| --- " * (len(detectors) + 1) + "|")


def _lite(arguments: argparse.Namespace, min_score: float | None = None) -> Detector:
    options = {"network": arguments.network, "folder": arguments.folder} if arguments.network else {}
    return load_detector("lite", min_score=min_score, **options)


def _detectors(arguments: argparse.Namespace, min_score: float | None = None) -> Iterator[tuple[str, Detect]]:
    yield "lite", _lite(arguments, min_score).detect
    if not arguments.only_lite:
        yield "haar, full size", load_detector("haar", min_score=min_score, working_size=None).detect
    if arguments.blaze:
        from benchmarks.blaze_beside import BlazeBeside

        yield "BlazeFace", BlazeBeside(arguments.blaze, min_score).detect


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="faces.zip; without it only costs are measured")
    parser.add_argument("--emotions", type=Path, help="FER2013; without it tight crops are left out")
    parser.add_argument("--blaze", type=Path, metavar="PYTHON", help="interpreter with MediaPipe")
    parser.add_argument("--network", help="a network other than the shipped one")
    parser.add_argument("--folder", type=Path, help="where it lies")
    parser.add_argument("--only-lite", action="store_true", help="leave out Haar, which takes most of the time")
    parser.add_argument("--images", type=int, default=300, help="tightly cut faces of each size")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--one", type=Path, metavar="JPEG", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.one:
        one(arguments.one.read_bytes(), _lite(arguments), arguments.rounds)
        return
    if arguments.faces:
        held = read_faces(arguments.faces).validation
        clear = [each for each in held if len(each.boxes) == 1 and np.ptp(each.boxes.reshape(2, 2), axis=0).max() > 60]
        tilings(dict(_detectors(arguments)), clear)
        separation(dict(_detectors(arguments, 0.02)), clear)
        if arguments.emotions:
            from training.shared.fer2013 import read_fer2013

            scenes = [each.pixels for each in held if each.annotator == "none" and min(each.pixels.shape[:2]) >= 100]
            images = read_fer2013(arguments.emotions).public_test.images
            tight(dict(_detectors(arguments)), images, scenes, arguments.images)
    named = ["--network", arguments.network, "--folder", str(arguments.folder)] if arguments.network else []
    cost([*named, "--rounds", str(arguments.rounds)])


if __name__ == "__main__":
    main()
