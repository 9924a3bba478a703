"""Clients that send their bodies too slowly, at the gateway's own server."""

import socket
import threading
from collections.abc import Iterator

import gevent
import pytest
from flask import Flask, Response, request
from gevent.pywsgi import WSGIServer

from api.http.problems import register_error_handlers
from api.overload.body_timeout import BodyTimeoutMiddleware


@pytest.fixture
def port() -> Iterator[int]:
    """A server on gevent whose only view reads the body; it gives a body half a second."""
    app = Flask("slow")
    register_error_handlers(app)
    app.post("/")(lambda: Response(request.get_data()))
    app.wsgi_app = BodyTimeoutMiddleware(app.wsgi_app, seconds=0.5)  # type: ignore[method-assign]
    ready, ports, stop = threading.Event(), list[int](), threading.Event()

    def serve() -> None:
        server = WSGIServer(("127.0.0.1", 0), app, log=None)
        server.start()
        ports.append(server.server_port)
        ready.set()
        while not stop.is_set():
            gevent.sleep(0.02)
        server.stop(timeout=0)

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    yield ports[0]
    stop.set()
    thread.join()


@pytest.mark.parametrize("head", ["Content-Length: 9", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_end_is_answered_408(port: int, head: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}"):
            chunk = client.recv(65_536)
            assert chunk, answer
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "request_too_slow"' in answer


def test_a_body_in_time_is_read_whole(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n123456789")
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
    assert answer.endswith(b"\r\n\r\n123456789")
