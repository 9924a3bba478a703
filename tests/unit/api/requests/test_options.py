"""Options of a job, wherever the body has room for them."""

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.requests.options import read_options
from contracts.errors import MalformedRequest
from contracts.queues import INTERACTIVE
from contracts.storage.jobs import JobStore

OPTIONS = {"priority": "interactive", "annotate": True, "deadline": 60, "metadata": {"album": [1, {"a": "ü"}]}}


@pytest.mark.parametrize("way", ["JSON", "form", "query"])
def test_options_come_as_the_body_has_room_for_them(client: FlaskClient, jobs: JobStore, jpeg: bytes, way: str) -> None:
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in OPTIONS.items()}
    if way == "JSON":
        body = {"image": base64.b64encode(jpeg).decode(), **OPTIONS}
        response = client.post("/v1/jobs", json=body)
    elif way == "form":
        response = client.post("/v1/jobs", data={"images": (io.BytesIO(jpeg), "a.jpg"), **texts})
    else:
        response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", query_string=texts)
    assert response.status_code == 202, response.text
    job = jobs.get(response.get_json()["id"])
    assert (job.queue, job.options.annotate, job.options.metadata) == (INTERACTIVE, True, OPTIONS["metadata"])
    assert job.deadline_at is not None
    assert 55 < job.deadline_at - job.created_at <= 60.1
    assert response.get_json()["metadata"] == OPTIONS["metadata"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("priority=urgent", "priority"),
        ("deadline=-1", "deadline"),
        ("webhook=ftp://x", "webhook"),
        ("metadata={", "metadata"),
        ("metadata=[1]", "metadata"),
        ('metadata={"a":1e999}', "metadata"),
        ('metadata={"a":"' + "x" * 9_000 + '"}', "metadata"),
        ('metadata={"a":[' + "1," * 3_000 + "1]}", "metadata"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_option_is_named(client: FlaskClient, jobs: JobStore, jpeg: bytes, query: str, name: str) -> None:
    response = client.post(f"/v1/jobs?{query}", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (422, "malformed_request")
    assert response.get_json()["field"] == name
    assert jobs.open_count() == 0


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": [7] * 100_000},
        {"a": [{"b": [7] * 4_000}] * 3},
        {"a": [10**4_000] * 3},
        {"k" * 9_000: 1},
        {"a": ["é" * 9_000]},
    ],
)
def test_metadata_that_is_too_long_in_any_way_is_refused(
    client: FlaskClient, jpeg: bytes, metadata: dict[str, Any]
) -> None:
    response = client.post("/v1/jobs", json={"image": base64.b64encode(jpeg).decode(), "metadata": metadata})
    assert (response.status_code, response.get_json()["field"]) == (422, "metadata")
    assert "8192 characters at most" in response.get_json()["detail"]


def test_a_refusal_keeps_nothing_of_what_it_refuses() -> None:
    with pytest.raises(MalformedRequest) as refusal:
        read_options({"metadata": " " * 1_000})
    assert refusal.value.__context__ is None, "pydantic's error has the value, and frames that lead back to this one"


def test_a_wrong_options_name_is_told_as_far_as_it_helps(client: FlaskClient, jpeg: bytes) -> None:
    body = {"image": base64.b64encode(jpeg).decode(), "k" * 1_000_000: 1}
    response = client.post("/v1/jobs", json=body)
    assert (response.status_code, response.get_json()["field"]) == (422, "k" * 100)
    assert len(response.data) < 1_000


def test_blur_is_for_annotated_images() -> None:
    assert read_options({"blur": "true", "annotate": "true"}).blur
    with pytest.raises(MalformedRequest) as raised:
        read_options({"blur": True})
    assert raised.value.field == "blur"
