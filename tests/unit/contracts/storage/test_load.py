"""What admission decides by."""

from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.job_steps import Claim
from contracts.storage.jobs import JobStore
from contracts.storage.load import Load, account_of, read_load
from support.clocks import ManualClock
from support.factories import annotate


def test_the_load_is_what_waits_and_what_is_kept(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    assert read_load(redis, BULK) == Load(0, 0, 0, 0, 0, 0, 0, 0, 0)
    jobs.create([b"x" * 100, b"y" * 10], BULK, sender="me", pixels=lambda: 640)
    drawn = jobs.create([b"x"], BULK, sender="me")
    annotate(jobs, drawn.id, b"drawn", owner="worker")
    jobs.finish(drawn.id, "worker", [])
    assert read_load(redis, BULK, "me") == Load(1, 2, 110, 5, 110, 640, 2, 110, 5)
    assert read_load(redis, BULK, "you") == Load(1, 2, 110, 5, 110, 640, 0, 0, 0)
    assert read_load(redis, INTERACTIVE, "me") == Load(0, 0, 110, 5, 0, 0, 0, 110, 5)


def test_a_job_that_ends_counts_no_more(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    done, canceled, other = (jobs.create([b"x"], BULK, sender="me", pixels=lambda: 7) for _ in range(3))
    jobs.claim(done.id, "worker")
    assert jobs.finish(done.id, "worker", [])
    jobs.cancel(canceled.id)
    assert read_load(redis, BULK, "me") == Load(1, 1, 1, 0, 1, 7, 1, 1, 0)
    jobs.cancel(other.id)
    assert not redis.exists(keys.OPEN_LOAD)


def test_no_address_of_a_client_is_stored() -> None:
    assert "192.0.2.7" not in account_of("192.0.2.7")
    assert account_of("192.0.2.7") != account_of("192.0.2.8")


def test_images_wait_until_a_worker_has_begun_their_job(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    jobs = JobStore(redis, settings, clock)
    waiting = lambda: read_load(redis, BULK).waiting_images  # noqa: E731
    lost, late, _ = (jobs.create([b"x", b"y"], BULK, deadline_s=at) for at in (None, 1, None))
    assert waiting() == 6
    jobs.claim(lost.id, "worker")
    jobs.claim(lost.id, "worker")  # asked again
    assert waiting() == 4
    clock.now += settings.lease_s + 1
    assert jobs.claim(late.id, "worker") is Claim.EXPIRED
    assert waiting() == 2
    assert lost.id in dict(jobs.overdue()), "its worker has died"
    assert waiting() == 4
    jobs.claim(lost.id, "another", isolated=True)
    clock.now += settings.lease_s + 1
    jobs.claim(lost.id, "a third", isolated=True)  # takes it over without its having been announced
    assert jobs.finish(lost.id, "a third", [])
    assert waiting() == 2


def test_a_creation_that_is_sent_twice_counts_once(redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    job = jobs.create([b"x"], BULK, sender="me", pixels=lambda: 7)
    before = read_load(redis, BULK, "me")
    jobs.create([b"x"], BULK, job_id=job.id, sender="me", pixels=lambda: 7)  # as the driver does that heard no answer
    assert read_load(redis, BULK, "me") == before
