"""How much one gateway process takes in at once: bodies are counted as they arrive."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from PIL import Image

BODY_BYTES = 900_000


@pytest.fixture(scope="module")
def large_photo() -> bytes:
    """A photo of 900 KB, most of it after the picture's end."""
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(buffer, "JPEG")
    return buffer.getvalue().ljust(BODY_BYTES, b"\0")


@pytest.fixture
def port(start_gateway: Callable[..., Any]) -> int:
    _, port = start_gateway(max_intake_bytes=1_000_000, client_share=1, sync_timeout_s=60)
    return int(port)


def begin(port: int, length: str = f"Content-Length: {BODY_BYTES}") -> socket.socket:
    """Send the head of a request, and the first byte of its body."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n{length}\r\n\r\n"
    client.sendall(head.encode() + (b"1\r\nx\r\n" if "chunked" in length else b"x"))
    return client


@pytest.mark.parametrize("length", [f"Content-Length: {BODY_BYTES}", "Transfer-Encoding: chunked"])
def test_bodies_that_are_declared_and_not_sent_hold_nothing(port: int, large_photo: bytes, length: str) -> None:
    url = f"http://127.0.0.1:{port}/v1/jobs"
    slow = [begin(port, length) for _ in range(20)]
    answer = requests.post(url, data=large_photo, headers={"Content-Type": "image/jpeg"}, timeout=30)
    assert answer.status_code == 202
    for client in slow:
        client.close()


def test_a_body_for_which_there_is_no_memory_is_refused_unread(
    port: int, large_photo: bytes, wait_for: Callable[..., Any]
) -> None:
    url = f"http://127.0.0.1:{port}/v1/jobs"

    def post() -> requests.Response:
        return requests.post(url, data=large_photo, headers={"Content-Type": "image/jpeg"}, timeout=30)

    slow = begin(port)
    slow.sendall(large_photo[:-2])
    wait_for(lambda: post().status_code == 503, "the slow request's bytes to have arrived")
    with begin(port) as other:
        answer = other.recv(65_536)  # and nothing of its body but one byte was sent
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: " in answer
    slow.close()
    wait_for(lambda: post().status_code == 202, "the room to be free again")


def test_a_client_that_waits_for_a_result_holds_no_body_memory(
    port: int, large_photo: bytes, wait_for: Callable[..., Any], start_workers: Callable[..., Any]
) -> None:
    clients, metrics = [], f"http://127.0.0.1:{port}/metrics"
    head = (
        "POST /detect_emotion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {BODY_BYTES}\r\n\r\n"
    )
    with ExitStack() as connections:
        for number in range(1, 4):
            clients.append(connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)))
            clients[-1].sendall(head.encode() + large_photo)
            waiting = f"mien_jobs_waited_for {number}.0"
            wait_for(lambda text=waiting: text in requests.get(metrics, timeout=30).text, f"client {number} to wait")
        start_workers()
        for client in clients:
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
