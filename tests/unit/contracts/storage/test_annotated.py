"""Annotated images: within a limit of bytes, and counted as long as they are kept."""

import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.annotated import AnnotatedImages
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from contracts.storage.load import read_load
from support.clocks import ManualClock


@pytest.fixture
def images(redis: Redis, settings: Settings, clock: ManualClock) -> AnnotatedImages:
    return AnnotatedImages(redis, settings.model_copy(update={"max_annotated_bytes": 10}), clock)


def test_what_does_not_fit_is_not_kept_until_others_have_expired(
    images: AnnotatedImages, redis: Redis, settings: Settings, clock: ManualClock
) -> None:
    assert images.put("one", 0, b"12345678")
    assert not images.put("two", 0, b"123")
    assert images.get("two", 0) is None
    clock.now += settings.result_ttl_s + 1
    images.forget_expired()
    assert read_load(redis, BULK).annotated_bytes == 0
    assert images.put("two", 0, b"123")


def test_an_image_that_is_drawn_again_counts_once(images: AnnotatedImages, redis: Redis) -> None:
    images.put("one", 0, b"12345678")
    assert images.put("one", 0, b"1234567890")
    assert images.get("one", 0) == b"1234567890"
    assert read_load(redis, BULK).annotated_bytes == 10


def test_erased_images_count_no_more(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    job, other = jobs.create([b"x"], BULK), jobs.create([b"x"], BULK)
    jobs.claim(job.id, "me")
    jobs.finish(job.id, "me", [])
    jobs.annotated_images.put(job.id, 0, b"12345")
    jobs.annotated_images.put(other.id, 0, b"123")
    JobEraser(redis).erase(job.id)
    assert read_load(redis, BULK).annotated_bytes == 3


def test_a_client_leaves_a_share_of_the_bytes_to_others(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    small = settings.model_copy(update={"max_annotated_bytes": 100, "client_share": 0.25})
    jobs = JobStore(redis, small, clock)
    flood = [jobs.create([b"x"], BULK, sender="flood").id for _ in range(2)]
    honest = jobs.create([b"x"], BULK, sender="honest").id
    keep = jobs.annotated_images.put
    assert keep(flood[0], 0, bytes(70))
    assert not keep(flood[1], 0, bytes(10)), "it would leave less than a share"
    assert keep(flood[1], 0, bytes(5))
    assert keep(honest, 0, bytes(20))
    assert not keep(flood[1], 1, bytes(1))
    assert keep(honest, 1, bytes(5))
    JobEraser(redis).erase(jobs.create([b"x"], BULK).id)
    clock.now += small.result_ttl_s + 1
    jobs.annotated_images.forget_expired()
    assert redis.exists(keys.ANNOTATED_BYTES, keys.ANNOTATED_UNTIL) == 0
    assert keep(flood[0], 0, bytes(70))


def test_erasing_gives_a_client_its_share_back(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings.model_copy(update={"max_annotated_bytes": 100, "client_share": 0.25}))
    job, other = (jobs.create([b"x"], BULK, sender="me") for _ in range(2))
    jobs.annotated_images.put(job.id, 0, bytes(75))
    assert not jobs.annotated_images.put(other.id, 0, bytes(5))
    jobs.cancel(job.id)
    JobEraser(redis).erase(job.id)
    assert read_load(redis, BULK, "me").client_annotated_bytes == 0
    assert jobs.annotated_images.put(other.id, 0, bytes(5))
