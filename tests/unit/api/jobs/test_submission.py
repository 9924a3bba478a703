"""A job that was accepted stays accepted, and its client learns of it, when Redis fails in the middle of a request."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.services import services_of
from contracts.errors import BrokerUnavailable
from contracts.storage.jobs import JobStore


def post(app: Flask, address: str, data: bytes, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(address, data=data, content_type="image/jpeg", headers=named)


def test_a_job_that_was_stored_without_an_answer_is_found_by_its_key(
    app: Flask, jobs: JobStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services_of(app).jobs
    create = store.create

    def create_unheard(*args: Any, **more: Any) -> None:
        """As when Redis hangs: what was sent is carried out, and the answer comes too late."""
        create(*args, **more)
        raise BrokerUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(store, "create", create_unheard)
        assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").get_json()["code"] == "broker_unavailable"
    assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").status_code == 202
    assert jobs.open_count() == 1


@pytest.mark.parametrize("address", ["/v1/jobs", "/detect_emotion"])
def test_who_waits_when_redis_goes_away_is_told_where_the_job_is(
    app: Flask, jobs: JobStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def get(_: str) -> None:
        raise BrokerUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(services_of(app).jobs, "get", get)
        response = post(app, address, jpeg, Prefer="wait=5")
        assert app.test_client().get(f"{response.headers['Location']}?wait=5").status_code == 503
    assert response.status_code == 202
    assert jobs.get(response.headers["Location"].rpartition("/")[2]).image_count == 1


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
