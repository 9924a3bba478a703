"""Jobs of one image are taken from their queue, and nothing else is."""

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from contracts.queues import INTERACTIVE
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.jobs import JobStore
from contracts.storage.single_jobs import SingleJobs


@pytest.fixture
def dispatcher(settings: Settings) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(settings)
    yield dispatcher
    dispatcher.close()


def test_single_jobs_are_taken_in_order(redis: Redis, settings: Settings, dispatcher: Dispatcher) -> None:
    jobs, single = JobStore(redis, settings), SingleJobs(redis)
    assert single.take(INTERACTIVE) is None
    ids = [jobs.create([b"x"], INTERACTIVE).id for _ in range(2)]
    for job_id in ids:
        dispatcher.job(job_id, INTERACTIVE)
    assert [single.take(INTERACTIVE) for _ in range(3)] == [*ids, None]
    assert jobs.queue_depth(INTERACTIVE) == 0


def test_other_jobs_stay_where_they_are(redis: Redis, settings: Settings, dispatcher: Dispatcher) -> None:
    jobs, single = JobStore(redis, settings), SingleJobs(redis)
    several, canceled, begun = jobs.create([b"x", b"y"], INTERACTIVE), *(jobs.create([b"x"], INTERACTIVE) for _ in "ab")
    jobs.cancel(canceled.id)
    jobs.claim(begun.id, "a worker")
    for number, job in enumerate((several, canceled, begun)):
        redis.delete(INTERACTIVE)
        dispatcher.job(job.id, INTERACTIVE)
        assert single.take(INTERACTIVE) is None, number
        assert jobs.queue_depth(INTERACTIVE) == 1
    redis.rpush(INTERACTIVE, "no message")
    assert single.take(INTERACTIVE) is None


def test_single_jobs_are_found_behind_larger_ones_which_keep_their_order(
    redis: Redis, settings: Settings, dispatcher: Dispatcher
) -> None:
    jobs, single = JobStore(redis, settings), SingleJobs(redis)
    photos = [b"x"], [b"x", b"y"]
    large, first, larger, second, last = (jobs.create(photos[several], INTERACTIVE).id for several in (1, 0, 1, 0, 1))
    for job_id in (large, first, larger, second, last):
        dispatcher.job(job_id, INTERACTIVE)
    assert [single.take(INTERACTIVE) for _ in range(3)] == [first, second, None]
    left = [json.loads(message)["headers"]["argsrepr"] for message in redis.lrange(INTERACTIVE, 0, -1)]
    assert left == [last, larger, large], "they are taken from the right"


def test_only_the_next_messages_are_looked_at(redis: Redis, settings: Settings, dispatcher: Dispatcher) -> None:
    jobs, single = JobStore(redis, settings), SingleJobs(redis)
    redis.lpush(INTERACTIVE, *(f"no message {number}" for number in range(32)))
    job = jobs.create([b"x"], INTERACTIVE)
    dispatcher.job(job.id, INTERACTIVE)
    assert single.take(INTERACTIVE) is None
    redis.rpop(INTERACTIVE)
    assert single.take(INTERACTIVE) == job.id
    assert jobs.queue_depth(INTERACTIVE) == 31
