"""Jobs that end whatever process works on them: the worker once, then isolated processes. Others are not harmed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.faults import Measured
from support.pictures import astronaut_jpeg
from support.processes import StartWorkers
from support.stopping import process_of

THREADS, GUILTY, IMAGES, AFTER = 4, 2, 100, 4
IMPATIENT = {"worker_threads": THREADS, "lease_s": 4, "requeue_after_s": 2}


@contextmanager
def deadly(redis: Redis, job_ids: list[str]) -> Iterator[set[int]]:
    """Kill every process that works on one of the jobs; which ones those were."""
    killed: set[int] = set()
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.01):
            for state, owner in [redis.hmget(keys.job(job_id), "state", "owner") for job_id in job_ids]:
                if state == b"running" and owner and (pid := process_of(owner.decode())) not in killed:
                    killed.add(pid)
                    os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        ended.set()
        thread.join()


@pytest.mark.fault("What kills its process fails after three attempts, and costs no other job any", "2 such jobs of 4")
def test_jobs_that_kill_their_process_take_no_attempt_of_their_neighbours(
    redis: Redis, settings: Settings, start_workers: StartWorkers, measured: Measured, wait_for: WaitFor
) -> None:
    jobs, photo = JobStore(redis, settings), astronaut_jpeg(1024)  # many of them are not done before they are killed
    begun = [jobs.create([photo] * IMAGES, INTERACTIVE).id for _ in range(THREADS)]
    guilty, neighbours = begun[:GUILTY], begun[GUILTY:]
    (victim,) = start_workers(1, **IMPATIENT)

    def all_begun() -> bool:
        states = [jobs.get(job_id).state for job_id in begun]
        assert all(not state.final for state in states), "they last until all have begun"
        return all(state is JobState.RUNNING for state in states)

    wait_for(all_begun, "the worker to be in the middle of all of them")
    with deadly(redis, guilty) as killed:
        victim.wait(timeout=30)
        died = time.monotonic()
        later = [jobs.create([photo], INTERACTIVE).id for _ in range(AFTER)]
        (survivor,) = start_workers(1, **IMPATIENT)

        def all_final() -> bool:
            assert survivor.poll() is None, "the job has killed a second worker"
            return jobs.open_count() == 0

        wait_for(all_final, "every job to be final", 300)
        recovered_s = time.monotonic() - died

    for ended in map(jobs.get, guilty):
        assert (ended.state, ended.attempts) == (JobState.FAILED, settings.max_attempts)
        assert ended.error is not None
        assert ended.error.code == "attempts_exhausted"
    assert victim.pid in killed
    assert len(killed) == 1 + GUILTY * (settings.max_attempts - 1), "the worker, with both, and then each one's own"
    assert [(jobs.get(id_).state, jobs.get(id_).attempts) for id_ in neighbours] == [(JobState.SUCCEEDED, 2)] * (
        THREADS - GUILTY
    )
    assert [(jobs.get(id_).state, jobs.get(id_).attempts) for id_ in later] == [(JobState.SUCCEEDED, 1)] * AFTER
    measured({"accepted": THREADS + AFTER, "succeeded": THREADS - GUILTY + AFTER, "failed": GUILTY}, recovered_s)
