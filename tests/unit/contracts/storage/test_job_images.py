"""Images of jobs: what comes ahead of the record."""

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import new_job_id
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.job_images import JobImageStore
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
