"""Slow connections and a flood from one address, beside an honest client at another: it is served, never refused.

How fast it is served is measured by ``python -m benchmarks.fair_shares``.
"""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from benchmarks.fair_shares import client_at, slow_connections
from benchmarks.photos import face_photo
from support.processes import StartGateway, StartWorkers

HONEST, FLOOD = "127.0.0.1", "127.0.0.2"
SLOW = 500


@pytest.fixture(scope="module")
def face_jpeg() -> bytes:
    return face_photo()


@pytest.fixture
def port(start_gateway: StartGateway, start_workers: StartWorkers) -> int:
    start_workers()
    _, port = start_gateway()
    return port


class Flood:
    """Four threads of one client that post jobs of a hundred images, again and again."""

    def __init__(self, url: str, jpeg: bytes) -> None:
        many = [("images", ("a.jpg", jpeg, "image/jpeg"))] * 100
        self._request = requests.Request("POST", f"{url}/v1/jobs?priority=interactive", files=many).prepare()
        self.answers, self._end, self.refused = Counter[int | str](), threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(4)]

    def __enter__(self) -> "Flood":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _post(self) -> None:
        with client_at(FLOOD) as session:
            while not self._end.is_set():
                try:
                    answer = session.send(self._request, timeout=60)
                except requests.RequestException as error:
                    self.answers[repr(error)] += 1
                    continue
                self.answers[answer.status_code] += 1
                if answer.status_code in (413, 429):
                    self.refused.set()


@pytest.fixture
def slow_ones(port: int) -> Iterator[None]:
    with ExitStack() as stack:
        slow_connections(port, SLOW, stack)
        yield


@pytest.mark.usefixtures("slow_ones")
def test_an_honest_client_is_served_beside_slow_connections_and_a_flood(port: int, face_jpeg: bytes) -> None:
    url = f"http://127.0.0.1:{port}"
    photo = {"data": face_jpeg, "headers": {"Content-Type": "image/jpeg"}, "timeout": 60}
    with client_at(HONEST) as honest, Flood(url, face_jpeg) as flood:
        assert flood.refused.wait(120), "the flood has its share"
        answers = [honest.post(f"{url}/detect_emotion", **photo) for _ in range(30)]
        assert honest.get(f"{url}/livez", timeout=30).ok
    assert [answer.status_code for answer in answers] == [200] * 30
    assert flood.answers.keys() <= {202, 413, 429, 503}, "each upload was answered"


def test_a_refusal_says_that_its_connection_ends(port: int, face_jpeg: bytes) -> None:
    head = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\nContent-Length: 90000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(head)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in answer
