"""A job that takes too long, as a thread that hangs would: its worker ends with 70, and another does what was left."""

import time

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.faults import Measured
from support.pictures import astronaut_jpeg
from support.processes import StartWorkers
from workers.periodic import EXIT_STUCK

IMAGES, OTHERS = 100, 4


@pytest.mark.fault("A job that hangs fails, its worker ends with 70, and others get the rest", "a job beyond its limit")
def test_a_worker_with_a_stuck_job_ends_with_70_and_the_jobs_beside_it_succeed(
    redis: Redis, settings: Settings, start_workers: StartWorkers, measured: Measured, wait_for: WaitFor
) -> None:
    jobs = JobStore(redis, settings)
    stuck, *others = (jobs.create([astronaut_jpeg(side)] * IMAGES, BULK).id for side in (1024, *[256] * OTHERS))
    (worker,) = start_workers(worker_threads=1, job_time_limit_s=0.2, lease_s=0.4)
    assert worker.wait(timeout=60) == EXIT_STUCK
    ended = time.monotonic()
    failed = jobs.get(stuck)
    assert (failed.state, failed.attempts) == (JobState.FAILED, 1), "it would take as long again"
    assert failed.error is not None
    assert failed.error.code == "analysis_failed"
    assert [jobs.get(id_).state for id_ in others] == [JobState.QUEUED] * OTHERS
    start_workers()
    wait_for(lambda: jobs.open_count() == 0, "the others")
    recovered_s = time.monotonic() - ended
    assert [(jobs.get(id_).state, jobs.get(id_).attempts) for id_ in others] == [(JobState.SUCCEEDED, 1)] * OTHERS
    measured({"accepted": 1 + OTHERS, "succeeded": OTHERS, "failed": 1}, recovered_s)
