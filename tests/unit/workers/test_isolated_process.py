"""A job in a process of its own: a real one."""

import subprocess
import sys
from dataclasses import replace

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import ANALYZE_JOBS, BULK
from contracts.storage import keys
from workers.app import create_app, register_tasks
from workers.isolated_jobs import Ended, IsolatedJobs
from workers.jobs import analyze_jobs
from workers.periodic import EXIT_STUCK
from workers.services import Services


@pytest.fixture(autouse=True)
def environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes read their settings from it."""
    monkeypatch.setenv("MIEN_REDIS_URL", redis_url)


def begun_by_a_dead_worker(services: Services, redis: Redis, *images: bytes, job_id: str | None = None) -> str:
    """The id of a job whose lease has run out."""
    job = services.jobs.create(images, BULK, job_id=job_id)
    services.jobs.claim(job.id, "dead")
    redis.zadd(keys.OPEN_JOBS, {job.id: 0})
    return job.id


OF_0_3_0 = "-AABAgMEBQYHCAkKCwzcReOD"
"""An id as later releases make none: it begins as an option does."""


@pytest.mark.parametrize("given", [None, OF_0_3_0])
def test_a_task_whose_job_was_begun_before_leaves_it_to_a_process_that_runs_nothing_else(
    services: Services, redis: Redis, face_jpeg: bytes, given: str | None
) -> None:
    app = create_app(services.settings)
    register_tasks(app, services)
    job_id = begun_by_a_dead_worker(services, redis, face_jpeg, job_id=given)
    services.jobs.overdue()
    assert app.tasks[ANALYZE_JOBS](BULK) == "isolated: done"
    done = services.jobs.get(job_id)
    assert (done.state, done.attempts) == (JobState.SUCCEEDED, 2)
    owner = redis.hget(keys.job(job_id), "owner")
    assert owner is not None
    assert not owner.decode().startswith(services.name)


@pytest.mark.parametrize("program", ["import os; os.kill(os.getpid(), 9)", "raise MemoryError"])
def test_a_process_that_ends_before_its_claim_was_an_attempt(services: Services, redis: Redis, program: str) -> None:
    starved = replace(services, isolated_jobs=IsolatedJobs(60, [sys.executable, "-c", program]))
    job_id = begun_by_a_dead_worker(services, redis, b"x")
    attempts = []
    for _ in range(3):
        services.jobs.overdue()
        analyze_jobs(starved, BULK)
        attempts.append(services.jobs.get(job_id).attempts)
        redis.zadd(keys.OPEN_JOBS, {job_id: 0}, xx=True)  # nobody prolongs its lease
    assert attempts == [2, 3, 3]
    failed = services.jobs.get(job_id)
    assert failed.error is not None
    assert failed.error.code == "attempts_exhausted"


def test_one_that_ends_after_its_claim_has_had_that_attempt(services: Services, redis: Redis) -> None:
    job_id = begun_by_a_dead_worker(services, redis, b"x")

    class Hangs(IsolatedJobs):
        def run(self, job_id: str) -> Ended:
            services.jobs.claim(job_id, "its own", isolated=True)
            redis.zadd(keys.OPEN_JOBS, {job_id: 0}, xx=True)  # its lease runs out
            services.jobs.overdue()
            return Ended("isolated: ended with -9", failed=True)

    services.jobs.overdue()
    analyze_jobs(replace(services, isolated_jobs=Hangs(60)), BULK)
    assert services.jobs.get(job_id).attempts == 2


def test_when_one_has_ended_a_message_says_that_others_are_left(
    services: Services, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [begun_by_a_dead_worker(services, redis, b"x") for _ in range(2)]
    services.jobs.overdue()

    def run(job_id: str) -> Ended:
        assert job_id == jobs[0]
        assert redis.delete(BULK) == 1, "another thread takes the message"
        assert analyze_jobs(services, BULK) == "0 jobs, 0 images", "it passes over the other"
        assert redis.llen(BULK) == 0
        return Ended("isolated: done")

    monkeypatch.setattr(services.isolated_jobs, "run", run)
    monkeypatch.setattr(type(services.isolated_jobs), "busy", property(lambda _: redis.zcard(keys.queued(BULK)) == 1))
    redis.delete(BULK)
    assert analyze_jobs(services, BULK) == "isolated: done"
    assert redis.llen(BULK) == 1


def test_the_process_ends_with_the_worker_that_started_it(services: Services, redis: Redis, plain_jpeg: bytes) -> None:
    job_id = begun_by_a_dead_worker(services, redis, plain_jpeg)
    command = [sys.executable, "-m", "workers.isolated_process", job_id]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert ended.returncode == 1
    assert services.jobs.get(job_id).attempts == 1, "it has claimed nothing"


def test_a_stuck_one_fails_its_job_and_ends(
    services: Services, redis: Redis, face_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_JOB_TIME_LIMIT_S", "0.001")
    monkeypatch.setenv("MIEN_LEASE_S", "0.1")  # it is looked at four times as often
    job_id = begun_by_a_dead_worker(services, redis, *[face_jpeg] * 100)
    command = [sys.executable, "-m", "workers.isolated_process", job_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(timeout=120) == EXIT_STUCK
    failed = services.jobs.get(job_id)
    assert failed.error is not None
    assert "MIEN_JOB_TIME_LIMIT_S" in failed.error.detail
