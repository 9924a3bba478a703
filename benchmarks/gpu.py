"""What a GPU brings: images of 640x480 pixels a second, by size of batch, bare and through a worker with Redis.

    python -m benchmarks.gpu [--batches 1,4,16,64,256] [--seconds 10] [--whole] [--json figures.json]
    python -m benchmarks.gpu --pack FOLDER [--wheels]

Without ``--whole`` it needs NumPy, OpenCV, pydantic, Keras and one of its backends (KERAS_BACKEND), and this project's
``models`` and ``contracts`` alone; ``--pack`` makes a folder with just these, for a machine with a GPU and no network.
It runs without a GPU as well, and says on what it ran.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, get_args

from benchmarks import gpu_bare
from benchmarks.gpu_pack import PORTRAITS, pack
from models.runtimes import Acceleration, Precision
from models.runtimes.accelerator import accelerator
from models.runtimes.batch_sizes import SIZES

_LATENCIES: Final = 200
"""Photos, one after the other."""


def main() -> int:
    """Measure, print a table, and write the figures as JSON if asked to. Returns the exit status."""
    options = _parse()
    if options.pack:
        print(pack(options.pack, wheels=options.wheels))
        return 0
    images = gpu_bare.photos(next(path for path in PORTRAITS if path.is_file()))
    acceleration = Acceleration(options.precision, max(options.batches))
    figures: dict[str, Any] = {"image_kb": round(sum(map(len, images)) / len(images) / 1000, 1)}
    figures["bare"] = _bare(options, images, acceleration)
    figures["device"] = device(acceleration)
    if options.whole:
        figures["whole"] = _whole(options, images)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def device(acceleration: Acceleration) -> dict[str, Any]:
    """What it ran on."""
    import keras

    found = accelerator(acceleration)
    return {
        "device": found.backend.device.name,
        "gpu": found.backend.device.is_gpu,
        "backend": found.backend.name,
        "keras": keras.__version__,
        "precision": found.precision,
        "processors": gpu_bare.processors(),
        "python": sys.version.split()[0],
    }


def _bare(options: argparse.Namespace, images: list[bytes], acceleration: Acceleration) -> dict[str, Any]:
    analyzer, ready_after_s = gpu_bare.load(acceleration)
    about = device(acceleration)
    print(
        f"\n{about['device']}, Keras with {about['backend']}, {about['precision']}, {about['processors']} processors;"
    )
    print(f"ready after {ready_after_s:.0f} s\n")
    print(
        "| batch | images/s | faces | CPU ms: decode, detect, classify | device ms | busy | nvidia-smi | bottleneck |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    forward, rows = gpu_bare.Forward(acceleration), []
    for batch in options.batches:
        found = gpu_bare.measure(analyzer, forward, images, batch, options.seconds)
        stages = ", ".join(f"{found.cpu_ms.get(stage, 0.0):.2f}" for stage in ("decode", "detect", "classify"))
        smi = "-" if found.nvidia_smi is None else f"{found.nvidia_smi:.0%}"
        print(
            f"| {batch} | {found.images_per_second:.0f} | {found.faces_per_image:.2f} | {stages} | {found.gpu_ms:.3f} "
            f"| {found.gpu_share:.0%} | {smi} | {found.bottleneck} |",
            flush=True,
        )
        rows.append({**asdict(found), "bottleneck": found.bottleneck})
    p50, p95 = gpu_bare.latencies(analyzer, images, _LATENCIES)
    best = max(row["images_per_second"] for row in rows)
    print(f"\nOne photo after the other: p50 {p50:.1f} ms, p95 {p95:.1f} ms. Best batch against the first one of the")
    print(f"table: {best / rows[0]['images_per_second']:.1f} times.")
    return {"ready_after_s": ready_after_s, "rows": rows, "p50_ms": p50, "p95_ms": p95}


def _whole(options: argparse.Namespace, images: list[bytes]) -> list[dict[str, Any]]:
    from benchmarks import gpu_whole  # needs Redis and Celery

    print("\n| batch | jobs/s, worker | CPU ms: decode, detect, classify, store | p50, p95 of a photo | ready |")
    print("| --- | --- | --- | --- | --- |")
    rows = []
    for batch in options.batches:
        found = gpu_whole.measure(
            images, batch, options.jobs, _LATENCIES, precision=options.precision, threads=options.threads
        )
        stages = ", ".join(f"{found.cpu_ms.get(stage, 0):.2f}" for stage in ("decode", "detect", "classify", "store"))
        print(
            f"| {batch} | {found.images_per_second:.0f} | {stages} | {found.p50_ms:.1f}, {found.p95_ms:.1f} ms "
            f"| {found.ready_after_s:.0f} s |",
            flush=True,
        )
        rows.append(found._asdict())
    return rows


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=_sizes, default=list(SIZES), help="sizes of batches, separated by commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="to measure each size (10)")
    parser.add_argument("--precision", choices=get_args(Precision), default="auto")
    parser.add_argument("--whole", action="store_true", help="also through a worker with Redis")
    parser.add_argument("--jobs", type=int, default=4000, help="of one image each, through the worker (4000)")
    parser.add_argument("--threads", type=int, default=4, help="of the worker (4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="make a folder that runs by itself, and end")
    parser.add_argument("--wheels", action="store_true", help="with what it needs of PyPI but the backend")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    sizes = [int(part) for part in text.split(",")]
    if not set(sizes) <= set(SIZES):
        raise argparse.ArgumentTypeError(f"sizes are {', '.join(map(str, SIZES))}")
    return sorted(set(sizes))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(main())
