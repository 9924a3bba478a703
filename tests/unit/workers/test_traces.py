"""A worker's part of traces: which spans there are, what they hang on, and that their times are in order."""

from collections.abc import Iterator

import pytest
from redis import Redis

from contracts.addresses import AddressPolicy
from contracts.jobs import JobOptions, Origin
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore
from contracts.tracing.spans import NO_TRACING
from models import Analyzer
from support.batching import OneByOne
from support.factories import make_frame, make_items
from support.receiver import Receiver
from support.spans import Seen, Spans, kept
from workers.frames import analyze_frame
from workers.jobs import analyze_isolated_job, analyze_jobs
from workers.services import Services, connect_services
from workers.traces import MOST_IMAGES, MOST_LINKS
from workers.webhooks import WebhookSender

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


def test_a_second_attempt_is_in_the_same_trace_and_says_what_came_before(
    services: Services, spans: Spans, plain_jpeg: bytes, redis: Redis
) -> None:
    job = services.jobs.create([plain_jpeg], BULK, origin=SAMPLED)
    services.jobs.claim(job.id, "dead")
    first = services.jobs.get(job.id).started_at
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})
    services.jobs.overdue()
    assert analyze_isolated_job(services, job.id) == "finished"
    done = services.jobs.get(job.id)
    assert (done.attempts, done.begun_before) == (2, first)
    (again,), (attempt,) = spans.named("requeue"), spans.named("attempt")
    assert {again.trace_id, attempt.trace_id} == {TRACE}
    assert (again.begun_at, again.ended_at) == pytest.approx((first, done.started_at), abs=1e-5)
    assert (again.error, attempt.attributes["mien.attempt"]) == ("no_result", 2)
    assert spans.named("queue") == []


def test_jobs_of_one_claim_are_each_in_their_own_trace_and_name_each_other(
    services: Services, spans: Spans, plain_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.fleet, "threads", 1)
    traces = [f"{number:032x}" for number in (1, 2, 3)]
    origins = [Origin("", f"00-{trace}-{SPAN}-01") for trace in traces]
    for origin in (*origins, Origin(), Origin("", f"00-{TRACE}-{SPAN}-00")):
        services.jobs.create([plain_jpeg], BULK, origin=origin)
    analyze_jobs(services, BULK)
    attempts = spans.named("attempt")
    assert sorted(attempt.trace_id for attempt in attempts) == traces, "of the others none is recorded"
    for attempt in attempts:
        assert attempt.attributes["mien.batch.jobs"] == 5
        assert set(attempt.links) == {other.span_id for other in attempts} - {attempt.span_id}
        assert {part.trace_id for part in parts(spans, attempt)} == {attempt.trace_id}


def test_attempts_of_a_large_batch_name_the_first_of_them(
    spans: Spans, redis: Redis, settings: Settings, analyzer: Analyzer, plain_jpeg: bytes
) -> None:
    services = connect_services(settings, OneByOne(analyzer))
    for number in range(1, 3 * MOST_LINKS):
        services.jobs.create([plain_jpeg], BULK, origin=Origin("", f"00-{number:032x}-{SPAN}-01"))
    analyze_jobs(services, BULK)
    services.close()
    attempts = spans.named("attempt")
    assert len(attempts) == 3 * MOST_LINKS - 1
    for attempt in attempts:
        assert len(attempt.links) == MOST_LINKS
        assert attempt.span_id not in attempt.links
        assert [part.name for part in parts(spans, attempt)] == STAGES
    assert len({linked for attempt in attempts for linked in attempt.links}) == MOST_LINKS + 1


def test_images_of_a_batch_begin_when_they_are_decoded(
    spans: Spans, redis: Redis, settings: Settings, analyzer: Analyzer, plain_jpeg: bytes
) -> None:
    services = connect_services(settings, OneByOne(analyzer))
    services.jobs.create([plain_jpeg, b"no image", plain_jpeg], BULK, origin=SAMPLED)
    analyze_jobs(services, BULK)
    services.close()
    first, second, third = sorted(spans.named("image"), key=lambda span: span.attributes["mien.image.index"])
    assert [first.error, second.error, third.error] == ["", "not_an_image", ""]
    assert first.begun_at < parts(spans, first)[-1].ended_at <= third.begun_at


def test_what_goes_wrong_is_told_as_a_code(services: Services, spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    services.jobs.create([b"no image"], BULK, origin=SAMPLED)
    analyze_jobs(services, BULK)
    assert [span.error for span in spans.named("attempt")] == ["not_an_image"]

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("workers.jobs.outcome", fail)
    services.jobs.create([b"no image"], BULK, origin=SAMPLED)
    analyze_jobs(services, BULK)
    assert [span.error for span in spans.named("attempt")][1:] == ["left_to_its_lease"]


def test_each_image_of_a_larger_job_has_a_span_and_of_very_many_the_first_ones(
    services: Services, spans: Spans, plain_jpeg: bytes
) -> None:
    services.jobs.create([plain_jpeg] * 25, BULK, origin=SAMPLED, options=JobOptions(annotate=True))
    analyze_jobs(services, BULK)
    (attempt,) = spans.named("attempt")
    images = [span for span in parts(spans, attempt) if span.name == "image"]
    assert [image.attributes["mien.image.index"] for image in images] == list(range(MOST_IMAGES))
    assert {part.name for part in parts(spans, images[0])} == {"decode", "detect", "crop", "classify"}
    assert [span.name for span in parts(spans, attempt) if span.name != "image"] == ["read", "annotate", "store"]


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


def test_what_travels_with_a_job_costs_no_command_of_redis(
    redis: Redis, settings: Settings, analyzer: Analyzer, plain_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis counts all commands, those of its scripts included."""
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 60.0)  # on a busy machine it might end before the next claim
    services, counts = connect_services(settings, analyzer), []
    for origin in (Origin(), Origin(), SAMPLED):  # the first one also loads the scripts
        redis.config_resetstat()
        services.jobs.create([plain_jpeg], BULK, origin=origin)
        analyze_jobs(services, BULK)
        called = redis.info("commandstats")
        counts.append({name: of["calls"] for name, of in called.items() if "config" not in name and "info" not in name})
    services.close()
    assert counts[1] == counts[2]
    assert counts[1]["cmdstat_hset"] > 0


def test_the_receiver_of_a_webhook_is_told_the_trace_and_each_try_is_a_span(
    redis: Redis, settings: Settings, spans: Spans, receiver: Receiver
) -> None:
    jobs, store, header = JobStore(redis, settings), WebhookStore(redis, settings), SAMPLED.traceparent
    policy, recording = AddressPolicy("127.0.0.0/8"), spans.open(None, "worker")
    for tracing, sent, status in ((NO_TRACING, "", 200), (NO_TRACING, header, 200), (recording, header, 503)):
        job = jobs.create([b"x"], BULK, options=JobOptions(webhook=receiver.url), origin=Origin("", sent))
        jobs.claim(job.id, "w")
        jobs.finish(job.id, "w", make_items())
        assert store.take_due() == [job.id]
        receiver.status = status
        WebhookSender(jobs, store, policy, store.clock, faces_only=False, tracing=tracing).deliver(job.id)
    told = [headers.get("traceparent", "") for headers, _ in receiver.received]
    (tried,) = spans.named("webhook")
    assert told == ["", header, f"00-{TRACE}-{tried.span_id}-01"]
    assert (tried.parent_id, tried.error) == (SPAN, "http")
    assert tried.attributes.keys() == {"mien.job.id", "mien.bytes", "http.response.status_code"}
