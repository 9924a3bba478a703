"""What becomes of a task when its time slice is over; real models, a real server."""

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.metrics import JOBS_FINISHED, metric_key
from contracts.queues import BULK
from models import Analyzer
from support.counting import counted
from workers.jobs import analyze_jobs
from workers.services import Services


def test_a_slice_that_is_over_leaves_the_rest_to_the_next_message(
    services: Services, plain_jpeg: bytes, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    for _ in range(3):
        services.jobs.create([plain_jpeg] * 8, BULK)
    assert analyze_jobs(services, BULK) == "1 job, 8 images"
    assert services.jobs.queue_depth(BULK) == 2
    assert redis.llen(BULK) == 1


def test_no_result_waits_for_the_rest_of_its_batch(
    services: Services, plain_jpeg: bytes, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze, ids, states = analyzer.analyze_image, list[str](), list[list[JobState]]()

    def look(data: bytes, cpu_seconds: dict[str, float]) -> object:
        states.append([services.jobs.get(job_id).state for job_id in ids])
        return analyze(data, cpu_seconds)

    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    monkeypatch.setattr(services.fleet, "threads", 1)
    monkeypatch.setattr(analyzer, "analyze_image", look)
    ids += [services.jobs.create([plain_jpeg], BULK).id for _ in range(3)]
    assert analyze_jobs(services, BULK) == "3 jobs, 3 images"
    done, running = JobState.SUCCEEDED, JobState.RUNNING
    assert states == [[running] * 3, [done, running, running], [done, done, running]]
    assert counted(services)[metric_key(JOBS_FINISHED, state="succeeded")] == 3
