"""Connections that die without a word, as behind a firewall that forgets them: workers notice, and go on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.faults import Measured
from support.pictures import astronaut_jpeg
from support.processes import StartWorkers

RECOVERED_S = 60
"""Some eleven seconds on a machine that has time; without a limit it takes hours."""


class Forgetful:
    """Passes connections on, until it forgets them: they stay open, and nothing comes through any more."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._forgotten = threading.Event()
        self._sockets = [self._listener]
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """From now on nothing comes through the connections that are there; later ones are passed on."""
        self._forgotten.set()
        self._forgotten = threading.Event()

    def close(self) -> None:
        """End all connections."""
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                for source, target in ((client, server), (server, client)):
                    arguments = (source, target, self._forgotten)
                    threading.Thread(target=_copy, args=arguments, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, forgotten: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            if not forgotten.is_set():
                target.sendall(data)
    if not forgotten.is_set():
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def network(redis_url: str) -> Iterator[Forgetful]:
    address = urlsplit(redis_url)
    forgetful = Forgetful((str(address.hostname), int(address.port or 0)))
    yield forgetful
    forgetful.close()


@pytest.mark.fault("A worker notices that its connections are dead", "all go silent, and stay open")
def test_a_worker_whose_connections_died_silently_takes_jobs_again(
    redis: Redis,
    settings: Settings,
    network: Forgetful,
    start_workers: StartWorkers,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    jobs, photo = JobStore(redis, settings), astronaut_jpeg()
    (worker,) = start_workers(redis_url=f"redis://127.0.0.1:{network.port}/0", worker_threads=1, lease_s=5)
    before = jobs.create([photo], INTERACTIVE)
    wait_for(lambda: jobs.get(before.id).state is JobState.SUCCEEDED, "the worker to have used its connections")
    network.forget()
    began = time.monotonic()
    after = [jobs.create([photo], queue).id for queue in (INTERACTIVE, BULK)]
    wait_for(lambda: jobs.open_count() == 0, "the jobs that came after", RECOVERED_S)
    recovered_s = time.monotonic() - began
    assert {jobs.get(id_).state for id_ in after} == {JobState.SUCCEEDED}
    assert worker.poll() is None
    measured({"accepted": 3, "succeeded": 3}, recovered_s)
