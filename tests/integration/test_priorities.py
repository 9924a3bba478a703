"""A client waits for an interactive job, none for a bulk one: which goes first, in queues and at the processor."""

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from redis import Redis

from contracts.jobs import Job
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.jobs import JobStore


@pytest.fixture
def submit(redis: Redis, settings: Settings) -> Callable[[str], Job]:
    store, buffer = JobStore(redis, settings), io.BytesIO()
    Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(buffer, "JPEG")

    def submit(queue: str) -> Job:
        return store.create([buffer.getvalue()], queue)

    return submit


def test_an_interactive_job_is_begun_before_the_bulk_jobs_that_wait(
    redis: Redis,
    settings: Settings,
    start_workers: Callable[..., list[Any]],
    submit: Callable[[str], Job],
    wait_for: Callable[..., Any],
) -> None:
    store = JobStore(redis, settings)
    crowd = [submit(BULK) for _ in range(60)]
    start_workers(worker_threads=1)
    wait_for(lambda: store.open_count() < 58, "the worker to be busy")
    urgent = submit(INTERACTIVE)
    wait_for(lambda: store.open_count() == 0, "all jobs")
    begun_at = store.get(urgent.id).started_at
    assert begun_at is not None
    between = [job for job in crowd if urgent.created_at < (store.get(job.id).started_at or 0) < begun_at]
    assert len(between) <= 3, "what had been taken, or was being taken, when the message came"


def classes(worker: Any) -> set[int]:
    """The scheduling classes (or else the niceness) of all threads of a process."""
    if not hasattr(os, "SCHED_IDLE"):
        return {psutil.Process(worker.pid).nice()}
    return {os.sched_getscheduler(thread.id) for thread in psutil.Process(worker.pid).threads()}


def test_only_a_worker_for_bulk_alone_gives_way_to_other_processes(start_workers: Callable[..., list[Any]]) -> None:
    (bulk,) = start_workers(worker_queues="bulk")
    (everything,) = start_workers()
    idle, normal = (os.SCHED_IDLE, os.SCHED_OTHER) if hasattr(os, "SCHED_IDLE") else (19, os.nice(0))
    assert classes(bulk) == {idle}
    assert classes(everything) == {normal}
