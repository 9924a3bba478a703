"""Annotated images of jobs: which are kept, and how large; real models, a real server."""

import io

import numpy as np
import pytest
from PIL import Image
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobOptions, JobState
from contracts.queues import BULK
from models.blurring import FILL
from support.factories import annotate
from workers.jobs import analyze_jobs
from workers.services import Services


def test_annotated_images_are_kept_where_there_is_a_result(services: Services, face_jpeg: bytes) -> None:
    job = services.jobs.create([face_jpeg, b"no image"], BULK, options=JobOptions(annotate=True))
    analyze_jobs(services, job.queue)
    annotated = services.jobs.annotated_images.get(job.id, 0)
    assert annotated is not None
    assert annotated.startswith(b"\xff\xd8")
    assert services.jobs.annotated_images.get(job.id, 1) is None


def test_an_annotated_image_is_no_larger_than_it_is_looked_at(services: Services, face_jpeg: bytes) -> None:
    with Image.open(io.BytesIO(face_jpeg)) as face:
        large, sent = face.convert("RGB").resize((3_000, 1_500)), io.BytesIO()
    large.save(sent, "PNG", compress_level=1)
    job = services.jobs.create([sent.getvalue()], BULK, options=JobOptions(annotate=True))
    analyze_jobs(services, job.queue)
    annotated = services.jobs.annotated_images.get(job.id, 0)
    assert annotated is not None
    with Image.open(io.BytesIO(annotated)) as drawn:
        assert drawn.size == (1_280, 640)


def test_annotated_images_beyond_their_limit_are_left_out(
    services: Services, plain_jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    job = services.jobs.create([plain_jpeg], BULK, options=JobOptions(annotate=True))
    limit = services.settings.max_annotated_bytes
    share = int(limit * services.settings.client_share)
    for sender, size in (("much", limit - share), ("its share", share)):
        assert annotate(services.jobs, services.jobs.create([plain_jpeg], BULK, sender=sender).id, bytes(size))
    analyze_jobs(services, job.queue)
    assert services.jobs.annotated_images.get(job.id, 0) is None
    assert "MIEN_MAX_ANNOTATED_BYTES" in caplog.text


def test_annotated_images_and_counts_are_left_out_rather_than_the_result(
    services: Services, redis: Redis, plain_jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    job = services.jobs.create([plain_jpeg], BULK, options=JobOptions(annotate=True))
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", 1)
    try:
        analyze_jobs(services, job.queue)
    finally:
        redis.config_set("maxmemory", 0)
    done = services.jobs.get(job.id)
    assert (done.state, done.attempts, len(done.items)) == (JobState.SUCCEEDED, 1, 1)
    assert services.jobs.annotated_images.get(job.id, 0) is None
    assert "no annotated images" in caplog.text


def test_a_result_does_not_wait_for_annotated_images_while_redis_is_away(
    services: Services, face_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise BrokerUnavailable("no answer")

    job = services.jobs.create([face_jpeg], BULK, options=JobOptions(annotate=True))
    monkeypatch.setattr(services.jobs.annotated_images, "put", away)
    analyze_jobs(services, BULK)
    assert services.jobs.get(job.id).state is JobState.SUCCEEDED


def test_heads_are_covered_in_annotated_images_where_that_is_asked_for(services: Services, face_jpeg: bytes) -> None:
    drawn = {}
    for blur in (False, True):
        job = services.jobs.create([face_jpeg], BULK, options=JobOptions(annotate=True, blur=blur))
        assert job.version == (2 if blur else 1)
        analyze_jobs(services, job.queue)
        items = services.jobs.get(job.id).items
        assert items[0].analysis is not None
        (face,) = items[0].analysis.faces
        with Image.open(io.BytesIO(services.jobs.annotated_images.get(job.id, 0) or b"")) as image:
            drawn[blur] = np.asarray(image.convert("RGB"), np.int16)
    box = face.box
    inside = (slice(box.y + 4, box.y + box.height - 4), slice(box.x + 4, box.x + box.width - 4))
    assert np.ptp(drawn[False][inside], axis=(0, 1)).max() > 100
    assert abs(drawn[True][inside] - FILL).max() < 30, "but for what JPEG does at the edge of the box"
