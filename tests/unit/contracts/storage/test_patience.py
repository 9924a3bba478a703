"""Asking until a real server answers: one that hangs, one that refuses, one that is away."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError
from redis.retry import Retry

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobState
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.connections import connect, translate_errors
from contracts.storage.job_queue import MOST_BYTES, Batch, Finished, JobQueue
from contracts.storage.jobs import JobStore
from contracts.storage.patience import refuses_for_now, until_answered
from support.clocks import WaitFor
from support.gateway import NO_SERVER


@pytest.fixture
def impatient(redis_url: str) -> Iterator[Redis]:
    """A client that waits a tenth of a second for an answer."""
    with Redis.from_url(redis_url, socket_timeout=0.1, retry=Retry(NoBackoff(), 0)) as client:
        yield client


@contextmanager
def hanging(redis: Redis) -> Iterator[None]:
    """The server takes what is sent, and answers after the block."""
    pid = int(redis.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_claim_whose_answer_was_lost_is_asked_again(
    redis: Redis, impatient: Redis, settings: Settings, caplog: pytest.LogCaptureFixture, wait_for: WaitFor
) -> None:
    job = JobStore(redis, settings).create([bytes(MOST_BYTES + 1)], BULK)
    queue = JobQueue(impatient, JobStore(impatient, settings), settings)
    with ThreadPoolExecutor(1) as pool:
        with hanging(redis):
            answer = pool.submit(queue.claim, BULK, "a")
            wait_for(lambda: "will ask again" in caplog.text or answer.done(), "an attempt to fail")
        (claimed,) = answer.result(timeout=60).jobs
    assert (claimed.job.id, claimed.job.attempts, len(claimed.images)) == (job.id, 1, 1)


def test_results_wait_while_the_server_refuses_writes(
    redis: Redis, settings: Settings, caplog: pytest.LogCaptureFixture, wait_for: WaitFor
) -> None:
    store = JobStore(redis, settings)
    job, queue = store.create([b"x"], BULK), JobQueue(redis, store, settings)
    queue.claim(BULK, "a")
    redis.config_set("min-replicas-to-write", 1)
    try:
        with ThreadPoolExecutor(1) as pool:
            done = [Finished(job.id, [], None)]
            answer = pool.submit(queue.finish_and_claim, "a", done, BULK, "b", sharing=1, isolating=True)
            wait_for(lambda: "will ask again" in caplog.text or answer.done(), "an attempt to fail")
            redis.config_set("min-replicas-to-write", 0)
            assert answer.result(timeout=60) == ([True], Batch())
    finally:
        redis.config_set("min-replicas-to-write", 0)
    assert store.get(job.id).state is JobState.SUCCEEDED


def test_it_is_not_asked_for_ever() -> None:
    nowhere = connect(NO_SERVER, name="tests")

    def ask() -> object:
        with translate_errors():
            return nowhere.ping()

    with pytest.raises(BrokerUnavailable, match="does not answer"):
        until_answered(ask, 0)


def test_an_error_of_what_was_asked_is_told_at_once(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    redis.set("text", "x")

    def ask() -> object:
        with translate_errors():
            return redis.lpush("text", "y")

    with pytest.raises(BrokerUnavailable, match="refused"):
        until_answered(ask, 60)
    assert "will ask again" not in caplog.text


def test_refusals_are_told_from_errors_and_answers() -> None:
    refusals = [
        ReadOnlyError(),
        NoScriptError(),
        ResponseError("MISCONF Redis is configured to save"),
        ResponseError("BUSY script"),
    ]
    assert all(map(refuses_for_now, refusals))
    assert not any(map(refuses_for_now, [ResponseError("WRONGTYPE Operation"), 1, None, b"MISCONF"]))
