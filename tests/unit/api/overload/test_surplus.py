"""A connection too many is served public views only."""

from flask import Flask

from api.overload.connections import Connection
from contracts.errors import QuotaExceeded


def test_only_public_views_are_served_on_a_connection_too_many(app: Flask) -> None:
    surplus = Connection("10.0.0.1")
    surplus.refusal = QuotaExceeded("Too many connections.", retry_after=2)
    environ = {"gunicorn.socket": surplus}
    client = app.test_client()
    assert client.get("/livez", environ_overrides=environ).status_code == 200
    refused = client.get("/v1/cameras", environ_overrides=environ)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
