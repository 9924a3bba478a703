"""How far one Redis goes: photos a second with 1 to 64 threads of workers whose analysis is a wait.

    python -m benchmarks.scale [--threads 1 2 4 8 16 32 64] [--service 0.1] [--seconds 10] [--gateways 1] [--stored]

Redis, gateway and Celery workers are real; an analysis is 100 ms of sleep, as if it ran elsewhere, so that a machine of
few cores can have the threads of a large one. What is left to cost anything is the way of a job. Clients, twice as many
as threads, post a photo to `/detect_emotion` and wait, each again and again; with `--stored` all jobs stand in the bulk
queue before, and no gateway takes part. Prints how near each rate is to threads divided by seconds of service, and how
many cores each part used. Clients run on the same machine, and all share its cores: the last column says what was used
up.
"""

import argparse
import asyncio
import os
import time
from typing import Final, NamedTuple

import psutil

from benchmarks.open_loop import PhotoClient, closed_loop
from benchmarks.photos import face_photo
from benchmarks.system import System, running_system
from contracts.queues import BULK
from contracts.results import Analysis
from contracts.settings import Settings
from contracts.storage.jobs import JobStore

_THREADS_EACH: Final = 8
"""Of a worker."""
_FULL: Final = 0.9
"""From such a share of a core on a process of one thread is named as full, and so are all cores together."""
_SERVICE_S: Final = "BENCHMARK_SERVICE_S"
_PATIENT: Final = {
    "client_share": 1,
    "max_interactive_wait_s": 600,
    "max_bulk_wait_s": 36_000,
    "max_queue_depth": 100_000,
    "max_intake_jobs": 10_000,
    "max_open_bytes": 4_000_000_000,
    "sync_timeout_s": 60,
}


class Rate(NamedTuple):
    """What so many threads did."""

    threads: int
    per_second: float
    cores: dict[str, float]
    """Used by each part, in cores."""


class SimulatedAnalyzer:
    """In place of `models.Analyzer`: finds nothing, after a while."""

    detector_name = model_name = "simulated"

    def __init__(self, seconds: float) -> None:
        """Take so long for each image."""
        self._seconds = seconds

    def analyze_image(self, _: bytes, __: dict[str, float]) -> Analysis:
        """Wait, and find no face."""
        time.sleep(self._seconds)
        return Analysis(width=640, height=480, faces=[], detector=self.detector_name, model=self.model_name)


def run_worker() -> None:
    """A worker with the simulated analyzer, as `python -m workers` is one with models."""
    from workers import __main__, services

    services.load_models = lambda _: SimulatedAnalyzer(float(os.environ[_SERVICE_S]))  # type: ignore[assignment, return-value]
    __main__.main([])


def measure(threads: int, seconds: float, gateways: int, *, stored: bool) -> Rate:
    """Start a system with so many threads, and keep them busy for so long."""
    workers, each = max(1, threads // _THREADS_EACH), min(threads, _THREADS_EACH)
    program = {"workers": f"from {__name__.replace('__main__', 'benchmarks.scale')} import run_worker; run_worker()"}
    settings = {**_PATIENT, "worker_threads": each, "gateway_processes": gateways}
    with running_system(workers, programs=program, **settings) as system:
        if stored:
            return _stored(system, threads, seconds)
        client, clients = PhotoClient(system.address, face_photo()), 2 * threads
        asyncio.run(closed_loop(client, clients, 2.0))  # warm
        return _posted(system, threads, seconds, PhotoClient(system.address, face_photo()))


def _posted(system: System, threads: int, seconds: float, client: PhotoClient) -> Rate:
    before, begun = _cpu(system), time.perf_counter()
    rate = asyncio.run(closed_loop(client, 2 * threads, seconds))
    return Rate(threads, rate, _cores(before, _cpu(system), time.perf_counter() - begun))


def _stored(system: System, threads: int, seconds: float) -> Rate:
    store, photo = JobStore(system.redis, Settings()), face_photo()
    count = int(seconds * threads / float(os.environ[_SERVICE_S]))
    for worker in system.workers:
        worker.suspend()
    for _ in range(count):
        store.create([photo], BULK)
    before, begun = _cpu(system), time.perf_counter()
    for worker in system.workers:
        worker.resume()
    while store.open_count():
        time.sleep(0.05)
    taken = time.perf_counter() - begun
    return Rate(threads, count / taken, _cores(before, _cpu(system), taken))


def _cpu(system: System) -> dict[str, float]:
    return {**system.cpu_seconds(), "clients": sum(psutil.Process().cpu_times()[:2])}


def _cores(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, float]:
    return {name: (after[name] - before[name]) / seconds for name in after}


def _full(rate: Rate, gateways: int) -> str:
    one_thread = {"broker": 1, "gateway": gateways, "clients": 1}
    full = [name for name, count in one_thread.items() if rate.cores[name] / count >= _FULL]
    cores = os.cpu_count() or 1
    if sum(rate.cores.values()) >= _FULL * cores:
        full.append(f"all {cores} cores")
    return ", ".join(full)


def main() -> None:
    """Measure and print one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--service", type=float, default=0.1, help="seconds that an analysis takes")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--gateways", type=int, default=1, help="processes of the gateway")
    parser.add_argument("--stored", action="store_true")
    arguments = parser.parse_args()
    os.environ[_SERVICE_S] = str(arguments.service)
    print("| threads | photos a second | of what they could | gateway | broker | workers | clients | full |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for threads in arguments.threads:
        rate = measure(threads, arguments.seconds, arguments.gateways, stored=arguments.stored)
        parts = " | ".join(f"{rate.cores[name]:.2f}" for name in ("gateway", "broker", "worker", "clients"))
        share = rate.per_second * arguments.service / threads
        print(
            f"| {threads} | {rate.per_second:.0f} | {share:.0%} | {parts} | {_full(rate, arguments.gateways)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
