"""Errors as problem documents, and the rest of a refused body."""

import socket

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.errors import RequestTooSlow
from contracts.settings import Settings


class Slow:
    """A body whose time is over."""

    def read(self, _: int = -1) -> bytes:
        raise RequestTooSlow("The body did not arrive within 30 s.")


def test_a_refused_body_that_does_not_arrive_ends_with_its_connection(app: Flask) -> None:
    ours, client = socket.socketpair()
    with ours, client:
        response = app.test_client().post(
            "/detect_emotion",
            content_type="image/jpeg",
            environ_overrides={
                "CONTENT_LENGTH": str(Settings().max_body_bytes + 1),
                "gunicorn.socket": ours,
                "wsgi.input": Slow(),
            },
        )
        assert response.status_code == 413
        response.close()
        assert client.recv(1) == b""


def test_nothing_here_and_wrong_method_are_problems(client: FlaskClient) -> None:
    missing = client.get("/nowhere")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert missing.get_json()["code"] == "not_found"
    wrong = client.get("/detect_emotion")
    assert (wrong.status_code, wrong.get_json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "OPTIONS, POST"


def test_a_surprise_is_a_problem_without_details(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("contracts.storage.frames.FrameStore.cameras", fail)
    response = app.test_client().get("/v1/cameras")
    assert (response.status_code, response.get_json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text
