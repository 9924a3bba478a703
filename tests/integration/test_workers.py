"""Real workers on a real server: jobs are analysed and frames are drawn. Death is in test_worker_death.py."""

import io
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import Celery
from PIL import Image
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.jobs import Job, JobOptions, JobState, Problem
from contracts.metrics import FRAMES_DRAWN, STAGE_CPU_SECONDS, metric_key
from contracts.queues import ANALYZE_FRAME, BULK, INTERACTIVE, LIVE, broker_options
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.views import DEFAULT
from support.receiver import Receiver

WaitFor = Callable[..., Any]
StartWorkers = Callable[..., list[Any]]


def photo(value: int = 90) -> bytes:
    """A picture without a face."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((480, 640, 3), value, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def store(redis: Redis, settings: Settings) -> JobStore:
    return JobStore(redis, settings)


@pytest.fixture
def dispatcher(settings: Settings) -> Any:
    dispatcher = Dispatcher(settings)
    yield dispatcher
    dispatcher.close()


def all_done(store: JobStore, jobs: list[Job]) -> Callable[[], bool]:
    return lambda: all(store.get(job.id).state.final for job in jobs)


def test_a_job_is_analysed_and_its_images_are_deleted(
    store: JobStore, start_workers: StartWorkers, wait_for: WaitFor, redis: Redis
) -> None:
    start_workers()
    job = store.create([photo(), b"no image", photo()], INTERACTIVE)
    wait_for(all_done(store, [job]), "the job")
    done = store.get(job.id)
    assert done.state is JobState.SUCCEEDED
    assert [item.index for item in done.items] == [0, 1, 2]
    assert done.items[0].analysis is not None
    assert (done.items[0].analysis.width, done.items[0].analysis.height) == (640, 480)
    assert done.items[1].error is not None
    assert done.items[1].error.code == "not_an_image"
    assert not redis.exists(keys.job_images(job.id))
    assert not redis.exists("unacked", "unacked_index"), "no note is taken of messages"
    counters = wait_for(lambda: CounterStore(redis).read(), "the counters, which go once a second")
    for stage in ("decode", "detect", "classify", "store"):
        assert counters[metric_key(STAGE_CPU_SECONDS, stage=stage)] > 0


def test_a_job_whose_images_are_all_wrong_has_failed(
    store: JobStore, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    start_workers()
    job = store.create([b"no image"], INTERACTIVE)
    wait_for(all_done(store, [job]), "the job")
    failed = store.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.code == "not_an_image"


def test_a_worker_for_webhooks_alone_delivers_them_in_little_memory(
    store: JobStore, start_workers: StartWorkers, wait_for: WaitFor, receiver: Receiver
) -> None:
    (worker,) = start_workers(1, worker_queues="webhooks", webhook_networks="127.0.0.0/8")
    job = store.create([b"x"], BULK, options=JobOptions(webhook=receiver.url))
    store.claim(job.id, "w")
    store.finish(job.id, "w", [], Problem(code="unreadable", detail="It is no image."))
    wait_for(lambda: receiver.received, "the webhook")
    status = Path(f"/proc/{worker.pid}/status").read_text()
    assert int(re.findall(r"VmRSS:\s*(\d+) kB", status)[0]) < 90_000, "with its networks it has 150 MB"


def test_a_lost_message_is_sent_again(
    store: JobStore, start_workers: StartWorkers, wait_for: WaitFor, redis: Redis
) -> None:
    job = store.create([photo()], INTERACTIVE)
    assert redis.delete(INTERACTIVE) == 1
    start_workers()
    wait_for(all_done(store, [job]), "the job")
    assert store.get(job.id).state is JobState.SUCCEEDED


def test_sigterm_finishes_what_was_begun_and_leaves_the_rest(
    store: JobStore, start_workers: StartWorkers, wait_for: WaitFor, redis: Redis
) -> None:
    (worker,) = start_workers()
    jobs = [store.create([photo(n % 256)] * 5, BULK) for n in range(40)]
    wait_for(lambda: any(store.get(job.id).state is JobState.RUNNING for job in jobs), "a job to run")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    states = Counter(store.get(job.id).state for job in jobs)
    assert set(states) <= {JobState.SUCCEEDED, JobState.QUEUED}, "nothing is left half done"
    assert HeartbeatStore(redis).live_workers() == [], "it said goodbye"
    start_workers()
    wait_for(all_done(store, jobs), "the rest")
    assert {store.get(job.id).state for job in jobs} == {JobState.SUCCEEDED}


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(
    settings: Settings, start_workers: StartWorkers, wait_for: WaitFor, redis: Redis
) -> None:
    (worker,) = start_workers()
    with Celery(set_as_current=False) as app:
        app.conf.update(broker_options(settings))
        app.send_task(ANALYZE_FRAME, ("cam", "token"), queue=LIVE, countdown=600)  # which is not its time yet
        wait_for(lambda: redis.llen(LIVE) == 0, "the worker to take the message")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    assert redis.llen(LIVE) == 1


def test_frames_are_analysed_and_drawn_only_while_there_are_viewers(
    redis: Redis, settings: Settings, dispatcher: Dispatcher, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    start_workers()
    frames = FrameStore(redis, settings)

    def show(sequence: int) -> None:
        frames.publish(Frame("cam", FrameStamp(1, sequence), time.time(), photo(sequence)))
        assert frames.reserve_request("cam", f"token-{sequence}")
        dispatcher.frame("cam", f"token-{sequence}")
        wait_for(
            lambda: (found := frames.result("cam")) is not None and found.sequence == sequence,
            f"frame {sequence} to be analysed",
        )

    show(1)
    # A worker looks for viewers once it has stored the result: until it is done with the frame, a new one would count.
    wait_for(lambda: redis.zcard(keys.requests("cam")) == 0, "the worker to be done with the first frame")
    assert frames.views.get("cam", [DEFAULT]).by_variant == {}
    frames.views.want("cam", [DEFAULT])
    show(2)
    annotated = wait_for(lambda: frames.views.get("cam", [DEFAULT]).by_variant.get(DEFAULT), "the drawn frame")
    assert annotated.stamp == FrameStamp(1, 2)
    with Image.open(io.BytesIO(annotated.jpeg)) as drawn, Image.open(io.BytesIO(photo(2))) as sent:
        assert drawn.size == sent.size, "as large as it was sent, although it may have been analysed smaller"
    wait_for(lambda: CounterStore(redis).read().get(metric_key(FRAMES_DRAWN, camera="cam")) == 1, "the counter")
    wait_for(lambda: redis.zcard(keys.requests("cam")) == 0, "the reservations to be given back")
