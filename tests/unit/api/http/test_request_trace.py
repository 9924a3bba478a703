"""The gateway's part of traces: whose are continued, what is passed on with a job, and what it costs when off."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from contracts.storage.jobs import JobStore
from support.gateway import MakeApp
from support.spans import Spans, kept

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture
def spans() -> Iterator[Spans]:
    with kept() as spans:
        yield spans


@pytest.fixture
def client(spans: Spans, make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def submit(client: FlaskClient, jpeg: bytes, **headers: str) -> str:
    answer = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
    assert answer.status_code == 202
    return str(answer.get_json()["id"])


def test_a_job_is_part_of_its_clients_trace(client: FlaskClient, spans: Spans, jobs: JobStore, jpeg: bytes) -> None:
    job_id = submit(client, jpeg, **SENT)
    (request,) = spans.named("POST /v1/jobs")
    assert (request.trace_id, request.parent_id) == (TRACE, SPAN)
    assert jobs.get(job_id).traceparent == f"00-{TRACE}-{request.span_id}-01"
    parts = [span for span in spans.seen if span.parent_id == request.span_id]
    assert [part.name for part in parts] == ["parse", "admit", "store", "wait"]
    times = [request.begun_at, *(at for part in parts for at in (part.begun_at, part.ended_at)), request.ended_at]
    assert times == sorted(times)
    assert request.attributes["mien.job.id"] == job_id
    assert request.attributes["http.response.status_code"] == 202


def test_without_a_header_a_trace_begins(client: FlaskClient, spans: Spans, jobs: JobStore, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    (request,) = spans.named("POST /v1/jobs")
    assert request.parent_id == ""
    assert jobs.get(job_id).traceparent == f"00-{request.trace_id}-{request.span_id}-01"


@pytest.mark.parametrize(
    "header", ["", "garbage", f"00-{TRACE}-{SPAN}", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", "0" * 5_000]
)
def test_a_malformed_header_counts_as_none(client: FlaskClient, spans: Spans, jpeg: bytes, header: str) -> None:
    submit(client, jpeg, traceparent=header)
    (request,) = spans.named("POST /v1/jobs")
    assert request.parent_id == ""
    assert request.trace_id != TRACE


def test_with_traces_off_the_clients_own_header_goes_along(make_app: MakeApp, jobs: JobStore, jpeg: bytes) -> None:
    client = make_app().test_client()
    assert jobs.get(submit(client, jpeg, **SENT)).traceparent == SENT["traceparent"]
    assert jobs.get(submit(client, jpeg)).traceparent == ""
    assert jobs.get(submit(client, jpeg, traceparent="garbage")).traceparent == ""
