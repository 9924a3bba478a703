"""Annotated images: within a limit of bytes, and counted as long as they are kept."""

from functools import partial

import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from contracts.storage.load import read_load
from support.clocks import ManualClock
from support.factories import annotate


@pytest.fixture
def jobs(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings.model_copy(update={"max_annotated_bytes": 10, "client_share": 1}), clock)


def test_what_does_not_fit_is_not_kept_until_others_have_expired(
    jobs: JobStore, redis: Redis, settings: Settings, clock: ManualClock
) -> None:
    one, two = (jobs.create([b"x"], BULK).id for _ in range(2))
    assert annotate(jobs, one, b"12345678")
    assert not annotate(jobs, two, b"123")
    assert jobs.annotated_images.get(two, 0) is None
    clock.now += settings.result_ttl_s + 1
    jobs.annotated_images.forget_expired()
    assert read_load(redis, BULK).annotated_bytes == 0
    assert annotate(jobs, two, b"123")


def test_an_image_that_is_drawn_again_counts_once(jobs: JobStore, redis: Redis) -> None:
    job_id = jobs.create([b"x"], BULK).id
    annotate(jobs, job_id, b"12345678")
    assert annotate(jobs, job_id, b"1234567890")
    assert jobs.annotated_images.get(job_id, 0) == b"1234567890"
    assert read_load(redis, BULK).annotated_bytes == 10


def test_nothing_is_kept_of_a_job_that_is_not_its_owners_any_more(
    jobs: JobStore, redis: Redis, settings: Settings, clock: ManualClock
) -> None:
    job_id = jobs.create([b"x"], BULK).id
    late = partial(jobs.annotated_images.put, job_id, "slow", 0, b"face")
    assert not late(), "no worker has begun it"
    jobs.claim(job_id, "slow")
    clock.now += settings.lease_s + 1
    jobs.claim(job_id, "another", isolated=True)
    assert not late(), "another worker has it"
    jobs.finish(job_id, "another", [])
    assert not late(), "it is final"
    JobEraser(redis).erase(job_id)
    assert not late(), "it is erased"
    assert not redis.exists(keys.job_annotated(job_id), keys.ANNOTATED_BYTES, keys.ANNOTATED_UNTIL)


def test_erased_images_count_no_more(jobs: JobStore, redis: Redis) -> None:
    job, other = jobs.create([b"x"], BULK), jobs.create([b"x"], BULK)
    annotate(jobs, job.id, b"12345", owner="me")
    annotate(jobs, other.id, b"123")
    jobs.finish(job.id, "me", [])
    JobEraser(redis).erase(job.id)
    assert read_load(redis, BULK).annotated_bytes == 3


def test_a_client_leaves_a_share_of_the_bytes_to_others(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    small = settings.model_copy(update={"max_annotated_bytes": 100, "client_share": 0.25})
    jobs = JobStore(redis, small, clock)
    flood = [jobs.create([b"x"], BULK, sender="flood").id for _ in range(2)]
    honest = jobs.create([b"x"], BULK, sender="honest").id
    keep = partial(annotate, jobs)
    assert keep(flood[0], bytes(70))
    assert not keep(flood[1], bytes(10)), "it would leave less than a share"
    assert keep(flood[1], bytes(5))
    assert keep(honest, bytes(20))
    assert not keep(flood[1], bytes(1), index=1)
    assert keep(honest, bytes(5), index=1)
    JobEraser(redis).erase(jobs.create([b"x"], BULK).id)
    clock.now += small.result_ttl_s + 1
    jobs.annotated_images.forget_expired()
    assert redis.exists(keys.ANNOTATED_BYTES, keys.ANNOTATED_UNTIL) == 0
    assert keep(flood[0], bytes(70))


def test_erasing_gives_a_client_its_share_back(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings.model_copy(update={"max_annotated_bytes": 100, "client_share": 0.25}))
    job, other = (jobs.create([b"x"], BULK, sender="me") for _ in range(2))
    annotate(jobs, job.id, bytes(75), owner="me")
    assert not annotate(jobs, other.id, bytes(5))
    jobs.finish(job.id, "me", [])
    JobEraser(redis).erase(job.id)
    assert read_load(redis, BULK, "me").client_annotated_bytes == 0
    assert annotate(jobs, other.id, bytes(5))
