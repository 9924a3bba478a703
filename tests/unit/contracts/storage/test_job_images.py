"""Images of jobs: what comes ahead of the record."""

from collections.abc import Iterator

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.jobs import new_job_id
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.job_images import JobImageStore
from contracts.storage.jobs import JobStore
from support.gateway import NO_SERVER


@pytest.fixture
def store(redis: Redis) -> JobImageStore:
    return JobImageStore(redis)


def test_images_that_come_ahead_of_their_record_expire(store: JobImageStore, redis: Redis) -> None:
    job_id = new_job_id()
    store.put_part(job_id, {str(index): bytes([index]) for index in range(11)})
    store.put_part(job_id, {"11": b"last"})
    assert store.get(job_id) == [*(bytes([index]) for index in range(11)), b"last"]
    assert 0 < redis.ttl(keys.job_images(job_id)) <= 600


def test_what_is_discarded_is_gone_and_discarding_needs_no_server(store: JobImageStore, redis: Redis) -> None:
    job_id = new_job_id()
    store.put_part(job_id, {"0": b"x"})
    store.discard(job_id)
    assert list(redis.scan_iter("mien:*")) == []
    JobImageStore(connect(NO_SERVER, name="tests")).discard(job_id)


def test_a_server_out_of_reach_is_a_typed_error() -> None:
    with pytest.raises(BrokerUnavailable):
        JobImageStore(connect(NO_SERVER, name="tests")).put_part(new_job_id(), {"0": b"x"})


def test_an_archive_that_redis_is_too_full_for_leaves_nothing(redis: Redis, settings: Settings) -> None:
    def images() -> Iterator[bytes]:
        for number in range(5):
            if number == 4:  # two megabytes are stored already
                redis.config_set("maxmemory", 1)
            yield bytes(1_000_000)

    redis.config_set("maxmemory-policy", "noeviction")
    try:
        with pytest.raises(Overloaded, match="full"):
            JobStore(redis, settings).create(images(), BULK)
    finally:
        redis.config_set("maxmemory", 0)
    assert list(redis.scan_iter("mien:*")) == []
