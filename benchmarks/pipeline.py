"""What one image costs: bare in one process, and through the whole system, by stage.

    python -m benchmarks.pipeline [--images 500] [--clients 4] [--detector lite]

The two parts run one after the other in the same minute; compare their ratio, not numbers of different days.
"""

import argparse
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import requests

from benchmarks.photos import face_photo
from benchmarks.system import System, running_system
from models import load_analyzer

_STAGES = ("decode", "detect", "classify")


def bare(photo: bytes, images: int, detector: str) -> dict[str, float]:
    """`load_analyzer()` in a loop, in one thread. CPU seconds per image by stage, and images per second."""
    cv2.setNumThreads(1)
    analyzer = load_analyzer(detector)
    analyzer.warm_up()
    elapsed = dict.fromkeys(_STAGES, 0.0)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for _ in range(images):
        for stage, milliseconds in analyzer.analyze_image(photo).stages_ms.items():
            elapsed[stage] += milliseconds
    cpu = (time.process_time() - cpu_begun) / images
    seconds = time.perf_counter() - begun
    shares = {stage: cpu * value / sum(elapsed.values()) for stage, value in elapsed.items()}
    return {**shares, "cpu": cpu, "images_per_second": images / seconds}


def through(system: System, photo: bytes, images: int, clients: int, alone: dict[str, float]) -> dict[str, float]:
    """The same image posted by several clients at once. CPU seconds per image by stage, and images per second.

    The worker runs the same analysis as `bare`; what it uses beyond that is messages, claims and writes ("store").
    """
    cpu = system.cpu_seconds()
    begun = time.perf_counter()
    own = threading.local()
    with ThreadPoolExecutor(clients, initializer=lambda: setattr(own, "session", requests.Session())) as pool:
        list(pool.map(lambda _: _post(own.session, system, photo), range(images)))
    seconds = time.perf_counter() - begun
    after = system.cpu_seconds()
    used = {role: (after[role] - cpu[role]) / images for role in cpu}
    return {
        **{stage: alone[stage] for stage in _STAGES},
        "gateway": used["gateway"],
        "broker": used["broker"],
        "store": max(0.0, used["worker"] - alone["cpu"]),
        "cpu": sum(used.values()),
        "images_per_second": images / seconds,
    }


def latencies(system: System, photo: bytes, requests_count: int) -> tuple[float, float]:
    """Median and 99th percentile of one synchronous request after another, in milliseconds."""
    session = requests.Session()
    times = []
    for _ in range(requests_count):
        begun = time.perf_counter()
        _post(session, system, photo)
        times.append((time.perf_counter() - begun) * 1000)
    percentiles = statistics.quantiles(times, n=100)
    return percentiles[49], percentiles[98]


def _post(session: requests.Session, system: System, photo: bytes) -> None:
    answer = session.post(f"{system.address}/detect_emotion", data=photo, headers={"Content-Type": "image/jpeg"})
    answer.raise_for_status()
    if len(answer.json()["faces"]) != 1:
        raise RuntimeError(f"expected one face, got {answer.json()}")


def main() -> None:
    """Measure and print one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--detector", default="", help="lite, haar, …; empty: the default")
    arguments = parser.parse_args()
    photo = face_photo()
    alone = bare(photo, arguments.images, arguments.detector)
    with running_system(detector=arguments.detector) as system:
        through(system, photo, 50, arguments.clients, alone)  # warm
        p50, p99 = latencies(system, photo, max(100, arguments.images // 2))
        full = through(system, photo, arguments.images, arguments.clients, alone)
    print(
        f"\n640x480 JPEG, {len(photo) / 1000:.0f} KB, one face; "
        f"{arguments.images} images, {arguments.clients} clients\n"
    )
    print("| CPU per image, ms | bare | full system |\n| --- | ---: | ---: |")
    for name in ("gateway", "broker", *_STAGES, "store"):
        print(f"| {name} | {_ms(alone.get(name))} | {_ms(full.get(name))} |")
    print(f"| **sum** | {_ms(alone['cpu'])} | {_ms(full['cpu'])} |")
    print(f"| images per second | {alone['images_per_second']:.0f} | {full['images_per_second']:.0f} |")
    print(f"\nA synchronous request, nothing else running: p50 {p50:.1f} ms, p99 {p99:.1f} ms.")
    print(f"Bare CPU as a share of the full system's: {alone['cpu'] / full['cpu']:.0%}.")


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.2f}"


if __name__ == "__main__":
    main()
