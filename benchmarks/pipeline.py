"""What one image costs: bare in one process, and through the whole system, by stage.

    python -m benchmarks.pipeline [--images 500] [--clients 4] [--detector lite] [--tcp]

The two parts run one after the other in the same minute; compare their ratio, not numbers of different days.
"""

import argparse
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import requests

from benchmarks import floors
from benchmarks.photos import archive, face_photo
from benchmarks.system import System, running_system
from contracts.metrics import STAGE_CPU_SECONDS, parse_metric_key
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from models import load_analyzer

_ANALYSIS = ("decode", "detect", "classify")
_ROWS = ("gateway", "broker", *_ANALYSIS, "store", "rest")

_MOST_OFTEN = 8
"""So many of Redis' commands are named."""
_ARCHIVED = 100
"""Images of a ZIP."""
_COUNTED_S = 1.5
"""Workers send what they have counted once a second."""

Costs = dict[str, float]
"""CPU seconds an image by row of the table, their sum as ``cpu``, and ``images_per_second``."""


Commands = dict[str, float]
"""How often an image each of Redis' commands was called, by scripts as well."""


def bare(photo: bytes, images: int, detector: str) -> Costs:
    """`load_analyzer()` in a loop, in one thread; the rest is making the result."""
    cv2.setNumThreads(1)
    analyzer = load_analyzer(detector)
    analyzer.warm_up()
    spent: dict[str, float] = {}
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for _ in range(images):
        analyzer.analyze_image(photo, spent)
    cpu, seconds = time.process_time() - cpu_begun, time.perf_counter() - begun
    return _costs({**spent, "rest": cpu - sum(spent.values())}, images, seconds)


def through(system: System, photo: bytes, images: int, clients: int) -> tuple[Costs, Commands]:
    """The same image posted by several clients at once.

    The worker itself counts the CPU time that its threads spend on each stage of an image and on storing: reading the
    job and its image from Redis and writing the result. The rest of what its process uses is Celery's: taking
    messages, telling Flower; and counting. Redis counts its commands.
    """
    process, stages, commands = system.cpu_seconds(), _stages(system), _commands(system)
    begun = time.perf_counter()
    own = threading.local()
    with ThreadPoolExecutor(clients, initializer=lambda: setattr(own, "session", requests.Session())) as pool:
        list(pool.map(lambda _: _post(own.session, system, photo), range(images)))
    seconds = time.perf_counter() - begun
    used, asked = _since(process, system.cpu_seconds()), _since(commands, _commands(system))
    spent = _since(stages, _stages(system))
    worker = used.pop("worker")
    costs = _costs({**used, **spent, "rest": worker - sum(spent.values())}, images, seconds)
    return costs, {name: calls / images for name, calls in asked.items() if calls}


def _commands(system: System) -> Commands:
    """Calls of each command so far."""
    found = system.redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): float(row["calls"]) for name, row in found.items()}


def _stages(system: System) -> dict[str, float]:
    """CPU seconds by stage that the workers have counted, once they have counted all jobs that are answered."""
    counters, end = CounterStore(system.redis), time.monotonic() + 10
    time.sleep(_COUNTED_S)
    while system.redis.exists(keys.OPEN_JOBS):
        if time.monotonic() > end:
            raise RuntimeError("the workers did not become idle")
        time.sleep(0.01)
    found = [(*parse_metric_key(text), value) for text, value in counters.read().items()]
    return {labels["stage"]: value for name, labels, value in found if name == STAGE_CPU_SECONDS}


def _since(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


def _costs(spent: dict[str, float], images: int, seconds: float) -> Costs:
    each = {name: value / images for name, value in spent.items()}
    return {**each, "cpu": sum(each.values()), "images_per_second": images / seconds}


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


def zipped(system: System, photo: bytes, archives: int) -> float:
    """Images a second of ZIPs of a hundred, posted as jobs by four clients that wait for each."""
    body, headers = archive(photo, _ARCHIVED), {"Content-Type": "application/zip", "Prefer": "wait=60"}

    def post(_: int) -> None:
        answer = requests.post(f"{system.address}/v1/jobs", data=body, headers=headers, timeout=90)
        answer.raise_for_status()
        if (state := answer.json()["state"]) != "succeeded":
            raise RuntimeError(f"expected a job that has succeeded, not {state}")

    begun = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post, range(archives)))
    return archives * _ARCHIVED / (time.perf_counter() - begun)


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
    parser.add_argument("--tcp", action="store_true", help="speak to Redis over TCP, not over a Unix socket")
    arguments = parser.parse_args()
    photo = face_photo()
    alone = bare(photo, arguments.images, arguments.detector)
    with running_system(detector=arguments.detector, tcp=arguments.tcp) as system:
        through(system, photo, 50, arguments.clients)  # warm
        p50, p99 = latencies(system, photo, max(100, arguments.images // 2))
        _, alone_asked = through(system, photo, arguments.images, 1)
        full, asked = through(system, photo, arguments.images, arguments.clients)
        in_zips = zipped(system, photo, max(4, 4 * arguments.images // _ARCHIVED))
    print(
        f"\n640x480 JPEG, {len(photo) / 1000:.0f} KB, one face; "
        f"{arguments.images} images, {arguments.clients} clients\n"
    )
    print("| CPU per image, ms | bare | full system |\n| --- | ---: | ---: |")
    for name in _ROWS:
        print(f"| {name} | {_ms(alone.get(name))} | {_ms(full.get(name))} |")
    print(f"| **sum** | {_ms(alone['cpu'])} | {_ms(full['cpu'])} |")
    print(f"| images per second | {alone['images_per_second']:.0f} | {full['images_per_second']:.0f} |")
    print(f"\nA synchronous request, nothing else running: p50 {p50:.1f} ms, p99 {p99:.1f} ms.")
    for clients, commands in ((1, alone_asked), (arguments.clients, asked)):
        often = sorted(commands.items(), key=lambda item: -item[1])[:_MOST_OFTEN]
        named = ", ".join(f"{name} {calls:.1f}" for name, calls in often)
        print(f"Redis commands a photo, {clients} at a time: {sum(commands.values()):.1f} ({named}, …).")
    print(f"CPU of Redis a photo: {full['broker'] * 1000:.2f} ms.")
    print(f"Bare CPU as a share of the full system's: {alone['cpu'] / full['cpu']:.0%}.")
    _print_floors(photo, arguments.images, arguments.clients, full, in_zips)


def _print_floors(photo: bytes, images: int, clients: int, full: Costs, in_zips: float) -> None:
    one, two = (floors.bare(photo, images, threads) for threads in (1, 2))
    page, constant = (floor(photo, images, clients) for floor in (floors.page, floors.constant))
    task = floors.empty_task(images, clients)
    print("\n| floors, in the same run | CPU, ms | a second |\n| --- | ---: | ---: |")
    for floor in (one, two, page, constant, task):
        print(f"| {floor.name} | {floor.cpu_ms:.2f} | {floor.per_second:.0f} |")
    total = one.cpu_ms + constant.cpu_ms + task.cpu_ms
    print(f"| **bare, constant and empty task together** | {total:.2f} | |")
    print(f"| the full system | {full['cpu'] * 1000:.2f} | {full['images_per_second']:.0f} |")
    print(f"\nAs many photos as {full['images_per_second'] / page.per_second:.2f} of the page that does it itself.")
    print(f"ZIPs of {_ARCHIVED}: {in_zips:.0f} images a second, {in_zips / two.per_second:.0%} of two bare threads.")


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.2f}"


if __name__ == "__main__":
    main()
