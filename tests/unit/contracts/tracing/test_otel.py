"""Spans by OpenTelemetry's SDK: what is above and below, who decides to record, what the service is called."""

import pytest

from contracts.tracing.spans import NO_SPAN
from support.spans import Spans

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> Spans:
    return Spans()


def test_a_span_is_part_of_its_parent_and_has_parts(spans: Spans) -> None:
    span = spans.open(None, "worker").begin(
        "attempt", 10.0, parent=f"00-{TRACE}-{SPAN}-01", attributes={"mien.images": 1}
    )
    span.part("decode", 10.5, 11.0, {"mien.image.index": 0})
    inner = span.begin("image", 11.0)
    inner.part("detect", 12.0, 11.5)
    inner.end(13.0)
    span.end(14.25, "corrupt_image")
    seen = {one.name: one for one in spans.seen}
    assert {one.trace_id for one in spans.seen} == {TRACE}
    assert seen["attempt"].parent_id == SPAN
    assert seen["decode"].parent_id == seen["image"].parent_id == seen["attempt"].span_id
    assert seen["detect"].parent_id == seen["image"].span_id
    assert (seen["attempt"].begun_at, seen["attempt"].ended_at) == (10.0, 14.25)
    assert (seen["detect"].begun_at, seen["detect"].ended_at) == (12.0, 12.0), "no span ends before it begins"
    assert seen["attempt"].error == "corrupt_image"
    assert seen["decode"].attributes == {"mien.image.index": 0}


def test_what_those_before_did_not_record_is_not_recorded(spans: Spans) -> None:
    span = spans.open(None, "worker").begin("attempt", 10.0, parent=f"00-{TRACE}-{SPAN}-00")
    assert span.begin("decode", 10.0) is NO_SPAN
    span.part("detect", 10.0, 11.0)
    span.end(12.0)
    assert spans.seen == []
    assert span.traceparent.startswith(f"00-{TRACE}-")
    assert span.traceparent.endswith("-00"), "those below are told so"


def test_links_name_other_spans_and_garbage_names_none(spans: Spans) -> None:
    tracing = spans.open(None, "worker")
    one, other = tracing.begin("attempt", 1.0), tracing.begin("attempt", 1.0)
    one.link(other.traceparent)
    one.link("garbage")
    one.end(2.0)
    assert spans.seen[0].links == (other.traceparent.split("-")[2],)


def test_the_sampler_of_the_environment_decides(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    tracing = spans.open(None, "gateway")
    for parent, recorded in (("", False), (f"00-{TRACE}-{SPAN}-01", True)):
        assert tracing.begin("POST /v1/jobs", 1.0, parent=parent).recorded is recorded


def test_the_service_is_named_for_its_role_unless_the_environment_says_otherwise(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans.open(None, "gateway").begin("a", 1.0).end(2.0)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    spans.open(None, "gateway").begin("b", 1.0).end(2.0)
    assert [span.service for span in spans.named("a") + spans.named("b")] == ["mien-gateway", "ours"]
