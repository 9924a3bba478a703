"""The gateway's part of traces: whose are continued, what is passed on with a job, and what it costs when off."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from api.access.keys import ApiKeyStore
from api.http.request_trace import Allowance
from api.http.scopes import Scope
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock
from support.gateway import MakeApp, StandIn, bearer
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
    assert jobs.get(submit(client, jpeg, **SENT)).traceparent == f"00-{TRACE}-{SPAN}-00", "without a stranger's wish"
    assert jobs.get(submit(client, jpeg)).traceparent == ""
    assert jobs.get(submit(client, jpeg, traceparent="garbage")).traceparent == ""


def test_with_traces_off_the_wish_of_a_client_with_a_key_goes_along_as_well(
    make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore, jpeg: bytes
) -> None:
    client = make_app(require_keys=True).test_client()
    key = bearer(api_keys.create("ours", frozenset({Scope.ANALYZE})))
    assert jobs.get(submit(client, jpeg, **SENT, **key)).traceparent == SENT["traceparent"]
    unwanted = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
    assert jobs.get(submit(client, jpeg, **unwanted, **key)).traceparent == unwanted["traceparent"]


def test_strangers_are_recorded_at_their_wish_a_few_times_and_then_as_all_others(
    spans: Spans, make_app: MakeApp, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    monkeypatch.setattr("api.http.request_trace.STRANGERS_A_SECOND", 1e-9)
    client = make_app().test_client()
    for _ in range(15):
        submit(client, jpeg, **SENT)
    assert len(spans.named("POST /v1/jobs")) == 10


def test_a_client_with_a_key_is_recorded_at_its_wish_as_often_as_it_likes(
    spans: Spans, make_app: MakeApp, api_keys: ApiKeyStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.request_trace.STRANGERS_A_SECOND", 1e-9)
    client = make_app(require_keys=True).test_client()
    key = bearer(api_keys.create("ours", frozenset({Scope.ANALYZE})))
    for _ in range(15):
        submit(client, jpeg, **SENT, **key)
    assert {span.trace_id for span in spans.named("POST /v1/jobs")} == {TRACE}
    assert len(spans.named("POST /v1/jobs")) == 15
    refused = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=SENT)
    assert refused.status_code == 401
    assert spans.named("POST /v1/jobs")[-1].attributes["http.response.status_code"] == 401


def test_an_allowance_fills_up_again() -> None:
    clock = ManualClock()
    allowance = Allowance(5.0, 2.0, clock)
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    clock.now += 0.25
    assert [allowance.take() for _ in range(2)] == [True, False]
    clock.now += 60
    assert [allowance.take() for _ in range(3)] == [True, True, False]


def test_a_look_at_a_job_is_traced_only_in_its_clients_own_trace(
    client: FlaskClient, spans: Spans, jpeg: bytes, worker: StandIn
) -> None:
    job_id = submit(client, jpeg)
    client.get(f"/v1/jobs/{job_id}")
    client.get("/v1/status", headers=SENT)
    assert [span.name for span in spans.seen if not span.parent_id] == ["POST /v1/jobs"]
    client.get(f"/v1/jobs/{job_id}", headers=SENT)
    (look,) = spans.named("GET /v1/jobs/<job_id>")
    assert (look.trace_id, look.parent_id) == (TRACE, SPAN)
    (request,) = spans.named("POST /v1/jobs")
    assert look.links == (request.span_id,), "it names the trace of the job"


def test_what_is_refused_is_told_as_a_code(client: FlaskClient, spans: Spans) -> None:
    answer = client.post("/v1/jobs", data=b"private", content_type="image/jpeg", headers=SENT)
    assert answer.status_code == 422
    (parse,) = spans.named("parse")
    assert parse.error == answer.get_json()["code"]
    assert "private" not in repr(spans.seen)
