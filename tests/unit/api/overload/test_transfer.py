"""Clients that send too slowly, or do not read, at a server on gevent and at a socket."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
from flask import Flask, Response, request
from gevent.pywsgi import WSGIServer
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from api.http.problems import register_error_handlers
from api.overload.transfer import AnswerSocket, BodyRateMiddleware
from contracts.errors import InvalidRequest
from contracts.settings import Settings

IMPATIENT = Settings(transfer_grace_s=0.5, min_transfer_rate=1_000_000)


@pytest.fixture
def port() -> Iterator[int]:
    """A server on gevent whose only view reads the body; it gives a body half a second."""
    app = Flask("slow")
    register_error_handlers(app)
    app.post("/")(lambda: Response(request.get_data()))
    app.wsgi_app = BodyRateMiddleware(app.wsgi_app, IMPATIENT)  # type: ignore[method-assign]
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
    assert b"MIEN_MIN_TRANSFER_RATE" in answer


def test_a_body_in_time_is_read_whole(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n123456789")
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
    assert answer.endswith(b"\r\n\r\n123456789")


@pytest.mark.parametrize(
    "body", [b"xyz\r\n", b"5\r\nabc", b"3\r\nabcdef\r\n", b"-1\r\n"], ids=["no size", "cut off", "too long", "negative"]
)
def test_a_malformed_chunked_body_is_the_clients_error(body: bytes) -> None:
    source, sink = socket.socketpair()
    with source, sink:
        source.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        source.shutdown(socket.SHUT_WR)
        (parsed,) = [next(RequestParser(Config(), sink, ("127.0.0.1", 1)))]
        stream: list[Any] = []
        BodyRateMiddleware(lambda environ, _: stream.append(environ["wsgi.input"]) or [], IMPATIENT)(
            {"wsgi.input": parsed.body}, None
        )
        with pytest.raises(InvalidRequest, match="body"):
            stream[0].read()


@pytest.fixture
def connected() -> Iterator[tuple[Any, Any]]:
    """Both ends of a connection, on gevent: the client's and the gateway's."""
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = gevent.socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
        with client, connection:
            yield client, connection


def test_a_client_that_does_not_read_its_answer_is_dropped(connected: tuple[Any, Any]) -> None:
    _, connection = connected
    with gevent.Timeout(60), pytest.raises(BrokenPipeError, match="does not read"):
        AnswerSocket(connection, IMPATIENT).sendall(bytes(50_000_000))


def test_a_client_that_reads_gets_all_of_its_answer(connected: tuple[Any, Any]) -> None:
    client, connection = connected
    answer, received = bytes(range(256)) * 40_000, bytearray()
    sending = gevent.spawn(AnswerSocket(connection, IMPATIENT).sendall, answer)
    while len(received) < len(answer):
        received += client.recv(65_536)
    sending.get()
    assert connection.gettimeout() is None
    assert received == answer
