"""What admission decides by."""

from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from contracts.storage.load import Load, account_of, read_load


def test_the_load_is_what_waits_and_what_is_kept(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    assert read_load(redis, BULK) == Load(0, 0, 0, 0, 0, 0, 0)
    job = jobs.create([b"x" * 100, b"y" * 10], BULK, sender="me", pixels=lambda: 640)
    jobs.annotated_images.put(job.id, 0, b"drawn")
    redis.rpush(BULK, "a message")
    assert read_load(redis, BULK, "me") == Load(1, 110, 5, 110, 640, 2, 110)
    assert read_load(redis, BULK, "you") == Load(1, 110, 5, 110, 640, 0, 0)
    assert read_load(redis, INTERACTIVE, "me") == Load(0, 110, 5, 0, 0, 0, 110)


def test_a_job_that_ends_counts_no_more(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    done, canceled, other = (jobs.create([b"x"], BULK, sender="me", pixels=lambda: 7) for _ in range(3))
    jobs.claim(done.id, "worker")
    assert jobs.finish(done.id, "worker", [])
    jobs.cancel(canceled.id)
    assert read_load(redis, BULK, "me") == Load(0, 1, 0, 1, 7, 1, 1)
    jobs.cancel(other.id)
    assert redis.exists(keys.OPEN_LOAD, keys.OPEN_BYTES) == 0


def test_no_address_of_a_client_is_stored() -> None:
    assert "192.0.2.7" not in account_of("192.0.2.7")
    assert account_of("192.0.2.7") != account_of("192.0.2.8")
