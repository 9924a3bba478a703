"""The gateway as it is deployed: a real gunicorn with gevent, a real Redis, real sockets."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from redis import Redis

from api.server import options
from contracts.frames import Frame, FrameStamp
from contracts.queues import INTERACTIVE
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from deploy.ports import free_port
from support.processes import StartProcess

WaitFor = Callable[..., Any]


class Gateway:
    """A gateway process and its address."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        return self.log.read_text()

    def metrics(self) -> str:
        return requests.get(f"{self.url}/metrics", timeout=30).text

    def memory(self) -> int:
        """Bytes of the process that serves."""
        return sum(child.memory_info().rss for child in psutil.Process(self.process.pid).children())


@pytest.fixture
def gateway(start_gateway: Callable[..., Any], tmp_path: Path) -> Gateway:
    process, port = start_gateway()
    return Gateway(process, port, tmp_path / "api-0.log")


def test_it_starts_and_stops_quietly(gateway: Gateway) -> None:
    log = gateway.stop()
    assert gateway.process.returncode == 0
    assert "Warning" not in log, log
    assert "Traceback" not in log, log


def test_it_stops_quietly_while_it_is_still_starting(
    start_process: StartProcess, wait_for: WaitFor, tmp_path: Path
) -> None:
    process = start_process("api", port=free_port(), sync_timeout_s=60)  # one that does not listen has a minute to end
    log = tmp_path / "api-0.log"
    wait_for(lambda: "Booting worker" in log.read_text(), "gunicorn's process to import the application")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text()


def test_an_ipv6_address_is_told_from_its_port(settings: Settings) -> None:
    assert options(settings.model_copy(update={"host": "::1"}))["bind"] == "[::1]:5000"
    assert options(settings)["bind"] == "127.0.0.1:5000"


def test_a_stopping_process_has_longer_than_a_request_may_wait(settings: Settings) -> None:
    patient = settings.model_copy(update={"sync_timeout_s": 60.5})
    assert options(patient)["graceful_timeout"] > 60.5


def test_all_processes_of_a_gateway_are_counted_together_whichever_answers_and_whatever_dies(
    start_gateway: Callable[..., Any], tmp_path: Path, wait_for: WaitFor
) -> None:
    port = free_port()
    process, serving = start_gateway(gateway_processes=2, metrics_port=port)
    gateway = Gateway(process, serving, tmp_path / "api-0.log")
    pings = 'mien_http_requests_total{method="GET",route="/ping",status="200"} '

    def told() -> dict[str, float]:
        lines = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text.splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    wait_for(lambda: told()["mien_gateway_processes"] == 2, "both processes")
    before = told().get(pings.strip(), 0)
    for _ in range(20):  # each by a connection of its own, so that both processes get some
        requests.get(f"{gateway.url}/ping", timeout=30)
    assert {told()[pings.strip()] - before for _ in range(10)} == {20}
    one, other = psutil.Process(process.pid).children()
    assert told()["process_resident_memory_bytes"] > one.memory_info().rss + other.memory_info().rss
    cpu_s = told()["process_cpu_seconds_total"]
    one.kill()
    wait_for(lambda: other.is_running() and not one.is_running() and told()["mien_gateway_processes"] == 2, "another")
    assert told()[pings.strip()] - before == 20
    assert told()["process_cpu_seconds_total"] >= cpu_s
    assert requests.get(f"http://127.0.0.1:{port}/ping", timeout=30).status_code == 404
    (folder,) = {file.parent for file in Path(tempfile.gettempdir()).glob(f"mien-metrics-*/counter_{other.pid}.db")}
    gateway.stop()
    assert not folder.exists()


def post(gateway: Gateway, *headers: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", gateway.port))
    head = ["POST /detect_emotion HTTP/1.1", "Host: 127.0.0.1", "Content-Type: image/jpeg", *headers, "", ""]
    client.sendall("\r\n".join(head).encode())
    return client


def test_a_body_that_is_too_large_is_refused_before_it_is_read(gateway: Gateway) -> None:
    answer = read_all(post(gateway, "Content-Length: 20000000"))  # and not one byte of the body
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "payload_too_large"' in answer


CHUNK = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"


@pytest.mark.parametrize(
    ("header", "piece"),
    [("Content-Length: 20000000", b"x" * 100_000), ("Transfer-Encoding: chunked", CHUNK)],
    ids=["with a length", "in chunks"],
)
def test_a_client_that_sends_20_mb_sees_the_refusal_and_costs_no_memory(
    gateway: Gateway, header: str, piece: bytes
) -> None:
    (worker,) = psutil.Process(gateway.process.pid).children()
    before = worker.memory_info().rss
    client = post(gateway, header)
    for _ in range(200):
        client.sendall(piece)
    answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert worker.memory_info().rss - before < 50e6


def test_a_thousand_clients_wait_on_few_connections_and_little_memory(
    start_gateway: Callable[..., Any], tmp_path: Path, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    process, port = start_gateway(client_share=1)
    gateway = Gateway(process, port, tmp_path / "api-0.log")
    jobs = JobStore(redis, settings)
    job = jobs.create([b"x"], INTERACTIVE)
    request = f"GET /v1/jobs/{job.id}?wait=60 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    with ExitStack() as connections:
        clients = list[socket.socket]()
        while len(clients) < 1_000:  # not all at once, which a machine that is busy answers with 503
            for _ in range(50):
                clients.append(connections.enter_context(socket.create_connection(("127.0.0.1", gateway.port))))
                clients[-1].sendall(request)
            expected = f"mien_jobs_waited_for {len(clients)}.0"
            wait_for(lambda told=expected: told in gateway.metrics(), f"{len(clients)} waiting clients")
        ours = [entry for entry in redis.client_list() if entry["name"].startswith("mien-gateway")]
        assert len(ours) < 20
        (serving,) = psutil.Process(gateway.process.pid).children()
        assert serving.memory_info().rss < 300e6
        assert jobs.cancel(job.id)
        for client in clients:
            assert b'"state":"canceled"' in read_all(client)


def read_all(client: socket.socket) -> bytes:
    client.settimeout(30)
    received = b""
    while chunk := client.recv(65_536):
        received += chunk
    client.close()
    return received


def test_waiting_clients_and_viewers_are_sent_home_when_it_stops(
    gateway: Gateway, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    job = JobStore(redis, settings).create([b"x"], INTERACTIVE)
    FrameStore(redis, settings).publish(Frame("cam", FrameStamp(1, 1), time.time(), b"jpeg"))
    waiting = socket.create_connection(("127.0.0.1", gateway.port))
    waiting.sendall(f"GET /v1/jobs/{job.id}?wait=60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    watching = socket.create_connection(("127.0.0.1", gateway.port))
    watching.sendall(b"GET /video_feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    watching.settimeout(30)
    assert b"200 OK" in watching.recv(4_096)
    wait_for(lambda: "mien_jobs_waited_for 1.0" in gateway.metrics(), "a waiting client")
    log = gateway.stop()
    assert gateway.process.returncode == 0
    assert "graceful timeout" not in log, log
    assert b'"state":"queued"' in read_all(waiting)
    assert read_all(watching).endswith(b"0\r\n\r\n"), "the stream ends in order"


def test_it_tells_load_balancers_before_it_leaves_and_serves_until_they_have_gone(
    start_gateway: Callable[..., Any], redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    process, port = start_gateway(drain_s=8)
    url = f"http://127.0.0.1:{port}"
    job = JobStore(redis, settings).create([b"x"], INTERACTIVE)
    with requests.Session() as kept:
        assert kept.get(f"{url}/readyz", timeout=10).headers.get("Connection") != "close"
        process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        wait_for(lambda: requests.get(f"{url}/readyz", timeout=10).status_code == 503, "/readyz to tell")
        assert time.monotonic() - told < 8, "and not only because it is gone"
        last = kept.get(f"{url}/v1/jobs/{job.id}?wait=3", timeout=10)
    assert (last.status_code, last.headers["Connection"]) == (200, "close")
    assert requests.get(f"{url}/livez", timeout=10).ok
    process.wait(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - told > 8


def test_video_does_not_hold_up_other_requests_and_vanished_viewers_are_noticed(
    gateway: Gateway, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    store = FrameStore(redis, settings)
    store.publish(Frame("cam", FrameStamp(1, 1), time.time(), b"j" * 50_000))
    viewers = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(20)]
    for viewer in viewers:
        viewer.sendall(b"GET /video_feed?camera=cam HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")  # and never reads
    wait_for(lambda: 'mien_viewers{camera="cam"} 20.0' in gateway.metrics(), "20 viewers")
    for viewer in viewers:
        viewer.close()
    wait_for(lambda: "mien_viewers{" not in gateway.metrics(), "their end")


def test_viewers_who_stop_reading_cost_no_memory_and_are_dropped(
    gateway: Gateway, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    """Frames are a megabyte, and come as fast as they can: buffers of sockets are full at once."""
    store, big, over = FrameStore(redis, settings), b"j" * 1_000_000, threading.Event()

    def film() -> None:
        for sequence in itertools.count(2):
            store.publish(Frame("cam", FrameStamp(1, sequence), time.time(), big))
            if over.wait(0.05):
                return

    store.publish(Frame("cam", FrameStamp(1, 1), time.time(), big))
    filming = threading.Thread(target=film)
    filming.start()
    viewers = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(10)]
    try:
        for viewer in viewers:
            viewer.sendall(b"GET /video_feed?camera=cam HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        wait_for(lambda: 'mien_viewers{camera="cam"} 10.0' in gateway.metrics(), "10 viewers")
        taken = [gateway.memory()]
        wait_for(
            lambda: taken.append(gateway.memory()) or "mien_viewers{" not in gateway.metrics(), "them to be dropped"
        )
        assert max(taken) - min(taken) < 60_000_000
    finally:
        over.set()
        filming.join()
        for viewer in viewers:
            viewer.close()


def test_a_program_of_the_same_machine_sets_no_prefix(gateway: Gateway) -> None:
    prefixed = requests.get(f"{gateway.url}/evil/ping", headers={"SCRIPT_NAME": "/evil"}, timeout=10)
    assert prefixed.status_code == 404


def test_a_wrong_setting_is_one_sentence(redis_url: str) -> None:
    environ = os.environ | {"MIEN_PORT": "99999"}
    answer = subprocess.run([sys.executable, "-m", "api"], env=environ, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr.startswith("mien gateway: Wrong settings: MIEN_PORT=")
