"""A job's life as server-sent events."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.services import services_of
from contracts.errors import BrokerUnavailable
from contracts.queues import BULK
from contracts.storage.jobs import JobStore


def post(app: Flask, address: str, data: bytes, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(address, data=data, content_type="image/jpeg", headers=named)


def test_a_stream_of_events_ends_quietly_when_redis_goes_away(
    app: Flask, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = post(app, "/v1/jobs", jpeg).headers["Location"]
    response = app.test_client().get(f"{location}/events", buffered=False)
    events = iter(response.response)
    assert next(events) == b"retry: 2000\n\n"
    assert "queued" in str(next(events))

    def get(_: str) -> None:
        raise BrokerUnavailable("gone")

    monkeypatch.setattr(services_of(app).jobs, "get", get)
    assert list(events) == [], "the client comes back with Last-Event-ID"
    response.close()


def events(text: str) -> list[tuple[str, str]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            assert json.loads(lines["data"])["state"] == lines["event"]
            found.append((lines["id"], lines["event"]))
    return found


def test_events_tell_a_jobs_life_and_resume(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"], BULK)
    address = f"/v1/jobs/{job.id}/events"
    response = client.get(address)
    chunks = (chunk.decode() for chunk in response.iter_encoded())
    assert next(chunks) == "retry: 2000\n\n"
    assert events(next(chunks)) == [("1", "queued")]
    jobs.claim(job.id, "w")
    assert events(next(chunks)) == [("2", "running")]
    jobs.finish(job.id, "w", [])
    assert events(next(chunks)) == [("3", "succeeded")]
    assert list(chunks) == []
    resumed = client.get(address, headers={"Last-Event-ID": "1"})
    assert events(resumed.text) == [("3", "succeeded")]
    assert client.get(address, headers={"Last-Event-ID": "3"}).status_code == 204
    assert client.get("/v1/jobs/never/events").status_code == 404
