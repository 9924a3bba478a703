"""Redis is killed under load and started again, as `make up` runs it: every job that was accepted is analysed."""

import io
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from contracts.jobs import JobState
from contracts.local import BROKER_SOCKET, make_private, socket_folder, socket_url
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from deploy.valkey import server_command, wait_for_server

CLIENTS, BEFORE, AFTER = 4, 40, 40


class Server:
    """The embedded server, with its data in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, sockets = folder, socket_folder(folder)
        make_private(sockets)
        self._socket = sockets / BROKER_SOCKET
        self.url = socket_url(self._socket)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(server_command(self._socket, self._folder), stdout=subprocess.DEVNULL)
        wait_for_server(self.url, 60, threading.Event())

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._socket.parent)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


class Load:
    """Clients that submit one job after the other, whatever the gateway says, until they are told to stop."""

    def __init__(self, url: str) -> None:
        buffer = io.BytesIO()
        Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(buffer, "JPEG")
        self._url, self._photo = url, buffer.getvalue()
        self.accepted: list[str] = []
        self.refused: Counter[int] = Counter()
        self.stop = threading.Event()

    def submit(self) -> None:
        while not self.stop.is_set():
            answer = requests.post(self._url, data=self._photo, headers={"Content-Type": "image/jpeg"}, timeout=60)
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])
            else:
                self.refused[answer.status_code] += 1
                self.stop.wait(0.05)


def test_no_accepted_job_is_lost_when_redis_is_killed(
    server: Server,
    start_process: Callable[..., Any],
    start_gateway: Callable[..., Any],
    wait_for: Callable[..., Any],
) -> None:
    impatient = {"redis_url": server.url, "lease_s": 2, "requeue_after_s": 2}
    worker = start_process("workers", **impatient)
    _, port = start_gateway(**impatient)
    redis = connect(server.url, name="tests")
    wait_for(lambda: HeartbeatStore(redis).live_workers(), "the worker to be ready")
    store, load = JobStore(redis, Settings(redis_url=server.url)), Load(f"http://127.0.0.1:{port}/v1/jobs")
    with ThreadPoolExecutor(CLIENTS) as clients:
        ends = [clients.submit(load.submit) for _ in range(CLIENTS)]
        try:
            wait_for(lambda: len(load.accepted) >= BEFORE, "jobs to be accepted")
            server.kill()
            wait_for(lambda: load.refused, "a refusal while Redis is away")
            server.start()
            wait_for(lambda: len(load.accepted) >= BEFORE + AFTER, "jobs to be accepted again")
        finally:
            load.stop.set()
    for end in ends:
        end.result()
    assert set(load.refused) == {503}
    jobs = load.accepted
    wait_for(lambda: all(store.get(job_id).state.final for job_id in jobs), "all accepted jobs", seconds=120)
    assert Counter(store.get(job_id).state for job_id in jobs) == {JobState.SUCCEEDED: len(jobs)}
    wait_for(lambda: (store.open_count(), store.open_bytes()) == (0, 0), "nothing to be left behind")
    assert worker.poll() is None
    redis.close()
