"""What the Lua steps of a job take, and leases: renewed, by one clock, and held up by nothing; a real server."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from contracts.errors import AcceptanceUnknown, BrokerUnavailable, JobGone, JobNotFound, Overloaded
from contracts.jobs import new_job_id
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.durability import Outcome
from contracts.storage.job_queue import MOST_BYTES_TOGETHER, MOST_IMAGES, MOST_PIXELS, Batch, Finished, JobQueue, Limits
from contracts.storage.job_steps import REFUSED_S, Claim, check_id, claimant, job_keys
from contracts.storage.jobs import JobStore
from contracts.storage.scripts import Call
from support.clocks import ManualClock
from support.factories import make_items


def test_a_step_that_may_end_a_job_has_its_keys_and_both_queues() -> None:
    given = job_keys("id")
    assert given[:2] == [keys.job("id"), keys.job_images("id")]
    assert given[-2:] == [keys.queued("interactive"), keys.queued("bulk")]
    assert len(given) == len(set(given)) == 8, "finalize.lua counts them"


def test_a_claimant_says_what_is_to_be_said_of_a_job_that_is_given_up() -> None:
    owner, now, *_, exhausted, isolated = claimant(Settings(max_attempts=2), 5.0, "me", isolated=True)
    assert (owner, now, isolated) == ("me", 5.0, 1)
    assert json.loads(str(exhausted))["detail"].startswith("2 workers stopped")


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


def test_leases_go_by_the_servers_clock(redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(redis, settings)
    job = store.create([b"x"], INTERACTIVE)
    monkeypatch.setattr(time, "time", lambda: 5.0)  # this host's is wrong by decades
    assert store.claim(job.id, "a") is Claim.CLAIMED
    seconds, microseconds = redis.time()
    lease_s = redis.zscore(keys.OPEN_JOBS, job.id) - seconds - microseconds / 1e6
    assert settings.lease_s - 5 < lease_s <= settings.lease_s
    assert store.renew({job.id: "a"}) == 1
    assert store.overdue() == []
    assert redis.zscore(keys.OPEN_JOBS, job.id) - seconds > settings.lease_s - 5


def test_queues_go_by_the_servers_clock(redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 5.0)
    job = JobStore(redis, settings).create([b"x"], BULK, deadline_s=60)
    accepted, look_at = redis.zscore(keys.queued(BULK), job.id), redis.zscore(keys.OPEN_JOBS, job.id)
    assert redis.time()[0] - 5 < accepted <= redis.time()[0] + 1
    assert look_at - accepted == pytest.approx(settings.requeue_after_s, abs=0.001)
    assert (job.created_at, job.deadline_at) == (accepted, pytest.approx(accepted + 60, abs=0.001))
    assert JobStore(redis, settings).get(job.id) == job, "it has not expired by the clock of this host either"


@pytest.mark.parametrize("found_by", ["claim", "reconciler"])
def test_of_a_job_whose_record_is_none_neither_images_nor_load_stay(
    store: JobStore, redis: Redis, settings: Settings, clock: ManualClock, found_by: str
) -> None:
    job = store.create([b"x" * 100], BULK)
    redis.delete(keys.job(job.id))
    redis.set(keys.job(job.id), "no hash")
    if found_by == "claim":
        assert JobQueue(redis, store, settings, clock).claim(BULK, "a") == Batch()
    else:
        clock.now += settings.requeue_after_s + 1
        assert store.overdue() == []
    assert store.images(job.id) == []
    assert (store.open_count(), store.open_bytes()) == (0, 0)


def test_a_record_that_is_none_holds_up_no_lease_and_no_reconciler(
    store: JobStore, redis: Redis, clock: ManualClock
) -> None:
    broken, sound = (store.create([b"x"], BULK) for _ in range(2))
    for job in (broken, sound):
        store.claim(job.id, "a")
    redis.delete(keys.job(broken.id))
    redis.set(keys.job(broken.id), "no hash")
    assert store.renew({broken.id: "a", sound.id: "a"}) == 1
    clock.now += Settings().lease_s + 1
    assert store.overdue() == [(sound.id, BULK)]
    assert store.open_count() == 1


def test_a_renewed_lease_keeps_the_job(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE)
    store.claim(job.id, "slow")
    for _ in range(5):
        clock.now += Settings().lease_s - 1
        assert store.renew({job.id: "slow"}) == 1
        assert store.renew({job.id: "other"}) == 0
        assert store.overdue() == []
    assert store.finish(job.id, "slow", make_items())


@pytest.fixture
def queue(redis: Redis, store: JobStore, settings: Settings, clock: ManualClock) -> JobQueue:
    return JobQueue(redis, store, settings, clock)


@pytest.mark.parametrize("single", [False, True])
def test_jobs_for_a_process_hide_no_other_however_many_they_are(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings, single: bool
) -> None:
    for owner in range(9):  # more than a claim looks at
        for _ in range(MOST_IMAGES):
            store.create([b"x"], BULK)
        queue.claim(BULK, f"dead {owner}")
    clock.now += settings.lease_s + 1
    assert len(store.overdue()) == 9 * MOST_IMAGES
    sound = store.create([b"x"], BULK)
    (claimed,) = queue.claim(BULK, "a", isolating=single, single=single).jobs
    assert claimed.job.id == sound.id
    assert queue.claim(BULK, "b", isolating=False) == Batch()
    assert store.queue_depth(BULK) == 9 * MOST_IMAGES


def test_a_claim_has_few_pixels_and_a_large_photo_comes_all_the_same(
    store: JobStore, queue: JobQueue, clock: ManualClock
) -> None:
    jobs = list[str]()
    for size in (MOST_PIXELS // 2, MOST_PIXELS // 2, 1, 3 * MOST_PIXELS, 1):
        clock.now += 1
        jobs.append(store.create([b"x"], BULK, pixels=lambda size=size: size).id)
    found = [[claimed.job.id for claimed in queue.claim(BULK, owner).jobs] for owner in "abcd"]
    assert found == [jobs[:2], jobs[2:3], jobs[3:4], jobs[4:]]


def test_what_is_no_id_was_never_accepted() -> None:
    check_id(new_job_id())
    with pytest.raises(JobNotFound):
        check_id("one")


@contextmanager
def refused(store: JobStore, *, carried_out: bool) -> Iterator[list[Call]]:
    """Memory is full when the driver sends a job again, because it had no answer; gives what it has sent."""
    run, sent = store._storing._durable.run, list[Call]()

    def send(call: Call) -> Outcome:
        if call.script is not store._storing.create:
            return run(call)
        sent.append(call)
        if carried_out:
            run(call)
        raise OutOfMemoryError("the second time")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store._storing._durable, "run", send)
        yield sent


def test_a_job_that_was_stored_unheard_is_accepted_and_keeps_its_images(store: JobStore) -> None:
    with refused(store, carried_out=True):
        job = store.create([b"x"], BULK)
    assert store.get(job.id) == job
    assert store.images(job.id) == [b"x"]


def test_a_job_that_was_refused_is_not_stored_when_it_comes_late(store: JobStore, redis: Redis) -> None:
    with refused(store, carried_out=False) as sent, pytest.raises(Overloaded):
        store.create([b"x"], BULK)
    assert store._storing._durable.run(sent[0]).answer == [b"refused"]
    (note,) = redis.scan_iter("mien:*")
    assert note.startswith(b"mien:refused:")
    assert 0 < redis.ttl(note) <= REFUSED_S


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_refusal_that_nobody_notes_is_no_refusal(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, carried_out: bool
) -> None:
    run = store._storing._durable.run

    def fail(call: Call) -> Outcome:
        if call.script is store._storing.refuse:
            raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")
        return run(call)

    monkeypatch.setattr(store._storing._durable, "run", fail)
    with refused(store, carried_out=carried_out), pytest.raises(AcceptanceUnknown, match="will say whether"):
        store.create([b"x"], BULK)
    assert store.open_count() == carried_out


def test_images_of_a_job_come_before_its_record_or_not_at_all(store: JobStore, redis: Redis) -> None:
    large, part = [bytes(600_000)] * 3, store._images.put_part
    job = store.create(large, BULK)
    part(job.id, {"0": b"late"})
    assert store.images(job.id) == large
    assert redis.ttl(keys.job_images(job.id)) == -1


def test_a_job_whose_images_were_lost_on_the_way_is_not_stored(
    store: JobStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._images, "put_part", lambda job_id, part: None)
    with pytest.raises(BrokerUnavailable, match="lost images"):
        store.create([bytes(600_000)] * 3, BULK)
    assert store.open_count() == store.open_bytes() == 0
    assert not redis.exists(BULK)


def test_a_job_is_not_stored_when_its_key_may_stand_for_another(store: JobStore, redis: Redis) -> None:
    with pytest.raises(JobGone, match="key"):
        store.create([b"x"], BULK, once=True)
    assert list(redis.scan_iter("mien:*")) == []
    job_id = new_job_id()
    redis.set(keys.job_once(job_id), "the key")
    assert store.create([b"x"], BULK, job_id=job_id, once=True).id == job_id


def test_an_analyzer_of_many_images_has_limits_of_its_own(store: JobStore, queue: JobQueue) -> None:
    for _ in range(257):
        store.create([bytes(MOST_BYTES_TOGETHER // 256)], BULK)
    first = queue.claim(BULK, "a", limits=Limits.together(256))
    assert len(first.jobs) == 256
    done = [Finished(job_id, make_items(), None) for job_id in [claimed.job.id for claimed in first.jobs]]
    written, second = queue.finish_and_claim(
        "a", done, BULK, "b", sharing=1, isolating=True, limits=Limits.together(256)
    )
    assert (written, len(second.jobs)) == ([True] * 256, 1)


@pytest.mark.parametrize(
    ("limits", "given"),
    [(Limits(images=2), 2), (Limits(bytes=3_000), 3), (Limits(pixels=4_999), 4), (Limits.together(5), 5)],
)
def test_a_claim_has_as_much_as_it_may(store: JobStore, queue: JobQueue, limits: Limits, given: int) -> None:
    for _ in range(8):
        store.create([bytes(1_000)], BULK, pixels=lambda: 1_000)
    assert len(queue.claim(BULK, "a", limits=limits).jobs) == given
