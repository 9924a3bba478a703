"""A worker's part of traces: which spans there are, what they hang on, and that their times are in order."""

from collections.abc import Iterator

import pytest
from redis import Redis

from contracts.jobs import Origin
from contracts.queues import BULK
from contracts.settings import Settings
from models import Analyzer
from support.factories import make_frame
from support.spans import Seen, Spans, kept
from workers.frames import analyze_frame
from workers.jobs import analyze_jobs
from workers.services import Services, connect_services

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = Origin("request-1", f"00-{TRACE}-{SPAN}-01")
STAGES = ["read", "decode", "detect", "decode", "crop", "classify", "store"]


@pytest.fixture
def spans() -> Iterator[Spans]:
    with kept() as spans:
        yield spans


@pytest.fixture
def services(spans: Spans, redis: Redis, settings: Settings, analyzer: Analyzer) -> Iterator[Services]:
    services = connect_services(settings, analyzer)
    yield services
    services.close()


def parts(spans: Spans, above: Seen) -> list[Seen]:
    return [span for span in spans.seen if span.parent_id == above.span_id]


def test_a_job_waits_and_is_analysed_in_the_trace_of_its_request(
    services: Services, spans: Spans, face_jpeg: bytes
) -> None:
    job = services.jobs.create([face_jpeg], BULK, origin=SAMPLED)
    analyze_jobs(services, BULK)
    done = services.jobs.get(job.id)
    (waiting,), (attempt,) = spans.named("queue"), spans.named("attempt")
    assert {span.trace_id for span in spans.seen} == {TRACE}
    assert waiting.parent_id == attempt.parent_id == SPAN
    assert (waiting.begun_at, waiting.ended_at) == pytest.approx((done.created_at, done.started_at), abs=1e-5)
    assert waiting.ended_at == attempt.begun_at
    stages = parts(spans, attempt)
    assert [stage.name for stage in stages] == STAGES
    ends = [attempt.begun_at, *(at for stage in stages for at in (stage.begun_at, stage.ended_at)), attempt.ended_at]
    assert ends == sorted(ends)
    assert attempt.attributes == {
        "mien.job.id": job.id,
        "mien.queue": BULK,
        "mien.attempt": 1,
        "mien.images": 1,
        "mien.bytes": len(face_jpeg),
        "mien.batch.jobs": 1,
        "mien.faces": 1,
    }
    assert {span.service for span in spans.seen} == {"mien-worker"}


def test_of_live_frames_so_many_are_traced_as_are_wanted(
    spans: Spans, redis: Redis, settings: Settings, analyzer: Analyzer, face_jpeg: bytes
) -> None:
    for part, count in ((0.0, 0), (1.0, 1)):
        services = connect_services(settings.model_copy(update={"trace_frames": part}), analyzer)
        frame = make_frame(jpeg=face_jpeg, sequence=count + 1)
        services.frames.publish(frame)
        services.frames.reserve_request(frame.camera, "token")
        assert analyze_frame(services, frame.camera, "token") == "finished"
        services.close()
        assert len(spans.named("frame")) == count
    (frame_span,) = spans.named("frame")
    assert frame_span.parent_id == ""
    names = [span.name for span in parts(spans, frame_span)]
    assert names == ["queue", "decode", "detect", "decode", "crop", "classify", "follow", "show"]
    assert frame_span.attributes == {"mien.bytes": len(face_jpeg), "mien.frame.sequence": 2}
