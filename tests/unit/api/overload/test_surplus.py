"""A connection too many is served public views only."""

import socket

from flask import Flask

from api.overload.transfer import AnswerSocket
from contracts.errors import QuotaExceeded
from contracts.settings import Settings


def test_only_public_views_are_served_on_a_connection_too_many(app: Flask) -> None:
    ours, theirs = socket.socketpair()
    refusal = QuotaExceeded("Too many connections.", retry_after=2)
    environ = {"gunicorn.socket": AnswerSocket(ours, Settings(), refusal)}
    client = app.test_client()
    assert client.get("/livez", environ_overrides=environ).status_code == 200
    refused = client.get("/v1/cameras", environ_overrides=environ)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    ours.close()
    theirs.close()
