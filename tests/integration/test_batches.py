"""Batches across jobs in real workers: what ends in the middle of one, and who does not wait for it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from contracts.jobs import Job, JobState
from contracts.metrics import BATCH_JOBS, metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.batch_worker import FIFO, HELD, LARGEST
from support.batching import image
from support.clocks import WaitFor
from support.processes import Process, StartProcess, StartWorkers
from workers.periodic import EXIT_STUCK

IMPATIENT = {"lease_s": 2.0, "requeue_after_s": 2.0}
SHAPES = 16
"""Images of the largest batch of a worker with Keras: more than any other worker claims."""


@pytest.fixture
def store(redis: Redis, settings: Settings) -> JobStore:
    return JobStore(redis, settings)


@pytest.fixture
def fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds a worker in its batch."""
    path = tmp_path / "held"
    os.mkfifo(path)
    monkeypatch.setenv(FIFO, str(path))
    monkeypatch.setenv("PYTHONPATH", "tests")
    return path


@pytest.fixture
def start_held(start_process: StartProcess, redis: Redis, wait_for: WaitFor, fifo: Path) -> Callable[..., Process]:
    """Start a worker that the FIFO can hold."""

    def start(**settings: object) -> Process:
        worker = start_process("support.batch_worker", **{**IMPATIENT, **settings})

        def ready() -> bool:
            assert worker.poll() is None, "the worker ended at its start"
            return bool(HeartbeatStore(redis).live_workers())

        wait_for(ready, "the worker to be ready")
        return worker

    return start


def states(store: JobStore, jobs: list[Job]) -> set[JobState]:
    return {store.get(job.id).state for job in jobs}


@pytest.mark.parametrize("how", ["kill -9", "a card that hangs", "a card that is lost"])
def test_a_worker_that_ends_in_the_middle_of_a_batch_loses_no_job_and_fails_none(
    redis: Redis,
    store: JobStore,
    start_held: Callable[..., Process],
    start_workers: StartWorkers,
    wait_for: WaitFor,
    fifo: Path,
    how: str,
) -> None:
    jobs = [store.create([data], BULK) for data in (HELD, image(1), b"no image")]
    worker = start_held(job_time_limit_s=1 if how == "a card that hangs" else 600)
    wait_for(lambda: states(store, jobs) == {JobState.RUNNING}, "the batch to be in work")
    if how == "kill -9":
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    else:
        if how == "a card that is lost":
            fifo.write_text("the driver has lost it")
        assert worker.wait(timeout=60) == EXIT_STUCK
    assert states(store, jobs) == {JobState.RUNNING}, "each may have been what ended it, or none"
    start_workers(**IMPATIENT)  # of the other kind
    wait_for(lambda: store.open_count() == 0, "another worker to take them over", 120)
    ended = [store.get(job.id) for job in jobs]
    succeeded, failed = JobState.SUCCEEDED, JobState.FAILED
    assert [(job.state, job.attempts) for job in ended] == [(succeeded, 2), (succeeded, 2), (failed, 2)]
    assert ended[2].error is not None
    assert ended[2].error.code == "not_an_image"


def test_a_worker_that_is_told_to_end_finishes_the_batch_and_holds_no_job(
    store: JobStore, start_held: Callable[..., Process], fifo: Path, wait_for: WaitFor
) -> None:
    jobs = [store.create([HELD], BULK), *(store.create([image(number)], BULK) for number in range(LARGEST))]
    worker = start_held(worker_threads=2)
    wait_for(lambda: store.get(jobs[0].id).state is JobState.RUNNING, "the batch to be in work")
    worker.send_signal(signal.SIGTERM)
    fifo.open("w").close()
    assert worker.wait(timeout=60) == 0
    assert states(store, jobs[:LARGEST]) == {JobState.SUCCEEDED}
    assert store.get(jobs[-1].id).state in {JobState.QUEUED, JobState.SUCCEEDED}, "its slice may have had time for it"


def test_a_photo_is_answered_while_a_batch_holds_all_threads_that_bulk_may_have(
    store: JobStore, start_held: Callable[..., Process], fifo: Path, wait_for: WaitFor
) -> None:
    bulk = [store.create([HELD], BULK), *(store.create([image(number)], BULK) for number in range(4 * LARGEST))]
    start_held(worker_threads=2)
    wait_for(lambda: store.get(bulk[0].id).state is JobState.RUNNING, "the batch to be in work")
    for number in range(3):
        photo = store.create([image(number)], INTERACTIVE)
        wait_for(lambda job=photo: store.get(job.id).state is JobState.SUCCEEDED, "the photo to be answered")
    assert store.get(bulk[0].id).state is JobState.RUNNING
    assert store.queue_depth(BULK) == len(bulk) - LARGEST, "bulk has one thread of two"
    fifo.open("w").close()
    fifo.unlink()
    wait_for(lambda: store.open_count() == 0, "bulk to go on")
    assert states(store, bulk) == {JobState.SUCCEEDED}


def test_a_worker_with_keras_claims_a_batch_and_answers_each_job(
    redis: Redis,
    store: JobStore,
    start_workers: StartWorkers,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    few_programs = {"faces_only": True, "detection_effort": 0}  # each is compiled before the worker is ready
    jobs = [store.create([image(number)], BULK) for number in range(SHAPES - 1)]
    broken, three = store.create([b"no image"], BULK), store.create([image(1), b"no image", image(2)], BULK)
    start_workers(runtime="keras", batch_images=SHAPES, **few_programs)
    photo = store.create([image(1)], INTERACTIVE)
    wait_for(lambda: store.open_count() == 0, "all jobs", 120)
    assert states(store, [*jobs, three, photo]) == {JobState.SUCCEEDED}
    error = store.get(broken.id).error
    assert error is not None
    assert error.code == "not_an_image"
    assert [item.error.code if item.error else "" for item in store.get(three.id).items] == ["", "not_an_image", ""]
    (report,) = HeartbeatStore(redis).live_workers()
    assert (report.batch_images, report.threads) == (SHAPES, 4)
    bucket = metric_key(f"{BATCH_JOBS}_bucket", le=f"{SHAPES}.0", queue=BULK)
    wait_for(lambda: CounterStore(redis).read().get(bucket) == 1, "a claim of as many jobs to be counted")
