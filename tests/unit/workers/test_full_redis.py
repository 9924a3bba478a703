"""A job that was accepted is finished in a Redis that has no memory left; real models, a real server."""

import io

import pytest
from PIL import Image
from redis import Redis

from contracts.jobs import JobOptions, JobState
from contracts.queues import BULK
from contracts.settings import Settings
from workers.jobs import analyze_job
from workers.services import build_services


def test_annotated_images_and_counts_are_left_out_rather_than_the_result(
    redis: Redis, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    services = build_services(settings)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(buffer, "JPEG")
    job = services.jobs.create([buffer.getvalue()], BULK, options=JobOptions(annotate=True))
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", 1)
    try:
        assert analyze_job(services, job.id) == "finished"
    finally:
        redis.config_set("maxmemory", 0)
    done = services.jobs.get(job.id)
    assert (done.state, done.attempts, len(done.items)) == (JobState.SUCCEEDED, 1, 1)
    assert services.jobs.annotated(job.id, 0) is None
    assert "no annotated images" in caplog.text
    services.webhooks.close()
    services.redis.close()
