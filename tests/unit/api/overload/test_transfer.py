"""Clients that send too slowly, or do not read, at a server on gevent and at a socket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

import gevent
import gevent.socket
import pytest
from flask import Flask, Response, request
from gevent.event import Event
from gevent.pywsgi import WSGIServer
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from api.http.problems import register_error_handlers
from api.overload.transfer import AnswerSocket, BodyRateMiddleware
from contracts.errors import InvalidRequest, MalformedRequest
from contracts.settings import Settings

IMPATIENT = Settings(transfer_grace_s=0.5, min_transfer_rate=1_000_000)
PATIENT = Settings(transfer_grace_s=300)


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
    with pytest.raises(InvalidRequest, match="body"):
        gunicorns_body(body, IMPATIENT).read()


def gunicorns_body(chunks: bytes, settings: Settings) -> Any:
    """What a view reads of a body in chunks that gunicorn parses."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = (chunks[begin : begin + 8192] for begin in range(0, len(chunks), 8192))
    parsed = next(RequestParser(Config(), chain((head,), received), ("127.0.0.1", 1)))
    environ = {"wsgi.input": parsed.body}
    BodyRateMiddleware(lambda *_: [], settings)(environ, None)
    return environ["wsgi.input"]


def test_bodies_in_many_short_chunks_are_read_and_those_in_almost_empty_ones_refused() -> None:
    assert gunicorns_body(b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n", PATIENT).read() == b"x" * 10_000
    lines = b"4c\r\n%s\r\n" % (b"x" * 76) * 20_000 + b"0\r\n\r\n"
    assert gunicorns_body(lines, PATIENT).read() == b"x" * 76 * 20_000
    with pytest.raises(MalformedRequest, match="chunks of less than 64 bytes"):
        gunicorns_body(b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n", PATIENT).read()


def test_others_are_served_while_chunks_are_read_that_have_arrived() -> None:
    turns = list[int]()

    def other() -> None:
        for _ in range(10_000):
            turns.append(1)
            gevent.sleep(0)

    beside = gevent.spawn(other)
    gunicorns_body(b"1\r\nx\r\n" * 9_999 + b"0\r\n\r\n", PATIENT).read()
    beside.kill()
    assert len(turns) >= 9


@pytest.fixture
def connected() -> Iterator[tuple[Any, Any]]:
    """Both ends of a connection, on gevent: the client's and the gateway's."""
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = gevent.socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # else what is read slowly is told in large steps
        client.connect(listener.getsockname())
        connection, _ = listener.accept()
        with client, connection:
            yield client, connection


def test_a_client_that_does_not_read_its_answer_is_dropped(connected: tuple[Any, Any]) -> None:
    _, connection = connected
    with gevent.Timeout(60), pytest.raises(BrokenPipeError, match="does not read"):
        AnswerSocket(connection, IMPATIENT).sendall(bytes(50_000_000))


def test_a_viewer_that_is_slow_is_not_dropped_and_one_that_takes_nothing_is(connected: tuple[Any, Any]) -> None:
    client, connection = connected
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    answer = AnswerSocket(connection, PATIENT)
    answer.expect_progress(1.5)
    reading = Event()

    def read() -> None:
        while not reading.wait(0.02):
            client.recv(512)

    connection.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            connection.send(bytes(65_536))
    connection.settimeout(None)
    reader = gevent.spawn(read)
    with gevent.Timeout(60):
        begun = time.monotonic()
        answer.sendall(bytes(65_536))
        assert time.monotonic() - begun > 1.5, "a piece takes longer than a client may take nothing"
        reading.set()
        reader.join()
        with pytest.raises(BrokenPipeError):
            answer.sendall(bytes(1_000_000))


def test_a_client_that_reads_gets_all_of_its_answer(connected: tuple[Any, Any]) -> None:
    client, connection = connected
    answer, received = bytes(range(256)) * 40_000, bytearray()
    sending = gevent.spawn(AnswerSocket(connection, IMPATIENT).sendall, answer)
    while len(received) < len(answer):
        received += client.recv(65_536)
    sending.get()
    assert connection.gettimeout() is None
    assert received == answer
