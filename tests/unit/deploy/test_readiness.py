"""What is missing is said in words, and where to go once nothing is."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Literal

import pytest

from contracts.settings import Settings
from deploy import readiness
from deploy.ports import free_port
from deploy.readiness import Readiness, addresses, starting

NOT_READY = json.dumps({"error": "Not ready (workers: none)."}).encode()


class Gateway(HTTPServer):
    answers: list[tuple[int, bytes]]


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        assert self.path == "/healthz"
        status, body = self.server.answers[0] if len(self.server.answers) == 1 else self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_waits_until_the_gateway_is_ready(gateway: Gateway) -> None:
    gateway.answers = [(503, NOT_READY), (502, b"<html>"), (200, b"")]
    said: list[str] = []
    Readiness(Settings(port=gateway.server_address[1])).wait(threading.Event(), said.append)
    assert gateway.answers == [(200, b"")]
    assert said == []


def test_what_is_missing_comes_from_the_gateway(gateway: Gateway) -> None:
    gateway.answers = [(503, NOT_READY), (502, b"<html>"), (500, b"[]")]
    readiness = Readiness(Settings(port=gateway.server_address[1]))
    assert readiness.missing() == "Not ready (workers: none)."
    assert readiness.missing() == "the gateway answers, but not as expected"
    assert readiness.missing() == "the gateway answers, but not as expected"


def test_a_gateway_that_does_not_answer_is_missing_itself() -> None:
    readiness = Readiness(Settings(port=free_port()))
    assert readiness.missing().startswith("the gateway does not answer")
    stop = threading.Event()
    stop.set()
    readiness.wait(stop, print)


@pytest.mark.parametrize(("runtime", "compiles"), [("litert", False), ("keras", True)])
def test_that_keras_compiles_first_is_said_before_and_while_it_is_waited_for(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, runtime: Literal["litert", "keras"], compiles: bool
) -> None:
    monkeypatch.setattr(readiness, "_IMPATIENT_S", 0.0)
    gateway.answers = [(503, NOT_READY), (200, b"")]
    settings = Settings(port=gateway.server_address[1], runtime=runtime)
    said: list[str] = []
    Readiness(settings).wait(threading.Event(), said.append)
    (line,) = said
    assert line.startswith("Not ready yet: Not ready (workers: none).")
    assert [("Keras compiles" in text) for text in (starting(settings), line)] == [compiles, compiles]


def test_addresses_can_be_clicked_wherever_the_gateway_listens() -> None:
    settings = Settings(host="0.0.0.0", port=81, flower_port=82, flower_user="me", flower_password="secret")
    text = addresses(settings, 81)
    assert "http://127.0.0.1:81/\n" in text
    assert "http://127.0.0.1:82/   user me, password secret" in text
    assert "http://[::1]:81/" in addresses(settings.model_copy(update={"host": "::"}), 81)


@pytest.mark.parametrize("user", ["", "me"])
def test_the_password_of_redis_is_not_shown(user: str) -> None:
    text = addresses(Settings(redis_url=f"rediss://{user}:secret@broker:6380/2"), 5000)
    assert "rediss://broker:6380/2\n" in text
    assert "secret" not in text


def test_a_port_that_was_not_the_wanted_one_is_explained() -> None:
    text = addresses(Settings(port=5001), 5000)
    assert "http://127.0.0.1:5001/\n" in text
    assert "Another program listens on port 5000" in text
    assert "Another program" not in addresses(Settings(port=5000), 5000)
