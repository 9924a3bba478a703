"""A queue of jobs: in order, in shares, each job once, whatever is asked twice; a real server, injected time."""

from collections.abc import Iterable

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import Job, JobState
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.job_queue import MOST_BYTES, MOST_IMAGES, Batch, Finished, JobQueue
from contracts.storage.job_steps import Claim
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock
from support.factories import make_items


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def queue(redis: Redis, store: JobStore, settings: Settings, clock: ManualClock) -> JobQueue:
    return JobQueue(redis, store, settings, clock)


def put(store: JobStore, clock: ManualClock, *images: int, queue: str = BULK) -> list[Job]:
    """Jobs of so many images, a second apart."""
    jobs = []
    for count in images:
        clock.now += 1
        jobs.append(store.create([bytes([index]) for index in range(count)], queue))
    return jobs


def ids(batch: Batch) -> list[str]:
    return [claimed.job.id for claimed in batch.jobs]


def test_jobs_come_in_order_with_record_and_images(store: JobStore, queue: JobQueue, clock: ManualClock) -> None:
    first, second = put(store, clock, 1, 3)
    batch = queue.claim(BULK, "a")
    assert [claimed.images for claimed in batch.jobs] == [[b"\0"], [b"\0", b"\1", b"\2"]]
    assert [claimed.job for claimed in batch.jobs] == [store.get(job.id) for job in (first, second)]
    assert {(claimed.job.state, claimed.job.attempts) for claimed in batch.jobs} == {(JobState.RUNNING, 1)}
    assert store.claim(first.id, "b") is Claim.HELD
    assert queue.claim(BULK, "b") == Batch()
    assert store.load(BULK).waiting_images == 0


def test_a_claim_is_a_share_of_what_waits(store: JobStore, queue: JobQueue, clock: ManualClock) -> None:
    jobs = [job.id for job in put(store, clock, *[1] * 10)]
    assert ids(queue.claim(BULK, "a", sharing=5)) == jobs[:2]
    assert ids(queue.claim(BULK, "b", sharing=64)) == jobs[2:3], "one at least"
    assert ids(queue.claim(BULK, "c")) == jobs[3:]


def test_a_claim_has_few_images_but_for_a_job_that_has_more(
    store: JobStore, queue: JobQueue, clock: ManualClock
) -> None:
    jobs = [job.id for job in put(store, clock, 1, 1, MOST_IMAGES, MOST_IMAGES * 3, 1)]
    found = [ids(queue.claim(BULK, owner)) for owner in "abcde"]
    assert found == [jobs[:2], jobs[2:3], jobs[3:4], jobs[4:], []]


def test_asked_again_by_the_same_owner_it_gives_the_same_jobs(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis
) -> None:
    put(store, clock, 1, 1, 1, 1)
    batch = queue.claim(BULK, "a", sharing=2)
    assert queue.claim(BULK, "a", sharing=2) == batch
    assert {claimed.job.attempts for claimed in batch.jobs} == {1}
    assert store.queue_depth(BULK) == 2
    assert queue.finish("a", [Finished(job_id, make_items(), None) for job_id in ids(batch)]) == [True, True]
    assert not redis.exists(keys.claimed("a")), "no id outlives its job there"


def test_results_are_stored_with_the_next_claim(store: JobStore, queue: JobQueue, clock: ManualClock) -> None:
    first, second = put(store, clock, MOST_IMAGES, 1)
    assert ids(queue.claim(BULK, "a")) == [first.id]
    done = [Finished(first.id, make_items(), None), Finished("another's", make_items(), None)]
    written, batch = queue.finish_and_claim("a", done, BULK, "b", sharing=1, isolating=True)
    assert (written, ids(batch)) == ([True, False], [second.id])
    assert store.get(first.id).items == make_items()


def test_a_message_is_there_while_jobs_are_and_no_longer(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis
) -> None:
    put(store, clock, MOST_IMAGES, MOST_IMAGES)
    redis.delete(BULK)  # a worker has taken it
    queue.claim(BULK, "a")
    assert redis.llen(BULK) == 1, "for another thread"
    queue.claim(BULK, "b")
    assert redis.llen(BULK) == 0, "there is nothing to say any more"


def test_canceled_and_expired_jobs_are_passed_over(store: JobStore, queue: JobQueue, clock: ManualClock) -> None:
    canceled, expired = put(store, clock, 1)[0], store.create([b"x"], BULK, deadline_s=1)
    (sound,) = put(store, clock, 1)
    store.cancel(canceled.id)
    clock.now += 2
    assert ids(queue.claim(BULK, "a")) == [sound.id]
    assert store.get(expired.id).state is JobState.EXPIRED
    assert store.queue_depth(BULK) == 0


def test_a_job_whose_worker_died_comes_alone_and_unclaimed(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings
) -> None:
    sound, deadly, other = put(store, clock, 1, 1, 1)
    store.claim(deadly.id, "dead")
    clock.now += settings.lease_s + 1
    assert store.overdue() == [(deadly.id, BULK)]
    assert queue.claim(BULK, "a") == Batch(isolated=deadly.id), "before all others, and none beside it"
    assert store.get(deadly.id).attempts == 1
    assert ids(queue.claim(BULK, "b")) == [sound.id, other.id]
    assert store.claim(deadly.id, "alone", isolated=True) is Claim.CLAIMED


def test_a_job_that_is_taken_for_a_process_and_not_begun_is_put_back(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings
) -> None:
    (deadly,) = put(store, clock, 1)
    store.claim(deadly.id, "dead")
    clock.now += settings.lease_s + 1
    store.overdue()
    assert queue.claim(BULK, "a").isolated == deadly.id
    assert queue.claim(BULK, "b") == Batch()
    clock.now += settings.requeue_after_s + 1
    assert store.overdue() == [(deadly.id, BULK)]
    assert queue.claim(BULK, "b").isolated == deadly.id


def test_a_single_photo_is_found_behind_larger_jobs_which_keep_their_order(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings
) -> None:
    begun = put(store, clock, 1, queue=INTERACTIVE)[0]
    store.claim(begun.id, "dead")
    clock.now += settings.lease_s + 1
    store.overdue()
    large, photo, larger, second = (job.id for job in put(store, clock, 2, 1, 3, 1, queue=INTERACTIVE))
    found = [ids(queue.claim(INTERACTIVE, owner, single=True)) for owner in "abc"]
    assert found == [[photo], [second], []]
    assert queue.claim(INTERACTIVE, "d").isolated == begun.id
    assert ids(queue.claim(INTERACTIVE, "e")) == [large, larger]


def test_only_the_next_jobs_are_looked_at_for_a_photo(store: JobStore, queue: JobQueue, clock: ManualClock) -> None:
    put(store, clock, *[2] * 64, queue=INTERACTIVE)
    (photo,) = put(store, clock, 1, queue=INTERACTIVE)
    assert queue.claim(INTERACTIVE, "a", single=True) == Batch()
    queue.claim(INTERACTIVE, "b", sharing=1000)
    assert ids(queue.claim(INTERACTIVE, "c", single=True)) == [photo.id]


def test_a_batch_whose_worker_died_counts_one_attempt_each(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings
) -> None:
    jobs = put(store, clock, 1, 1, 1)
    queue.claim(BULK, "dead")
    clock.now += settings.lease_s + 1
    assert sorted(store.overdue()) == sorted((job.id, BULK) for job in jobs)
    isolated = [queue.claim(BULK, owner).isolated for owner in "abc"]
    assert isolated == [job.id for job in jobs], "each alone, none lost"
    assert {store.get(job.id).attempts for job in jobs} == {1}


def test_a_claimant_that_cannot_start_a_process_passes_over_jobs_for_one_and_is_not_called_for_them(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, settings: Settings
) -> None:
    first, second = put(store, clock, 1, 1)
    queue.claim(BULK, "dead")
    clock.now += settings.lease_s + 1
    store.overdue()
    (sound,) = put(store, clock, 1)
    redis.delete(BULK)
    assert ids(queue.claim(BULK, "busy", isolating=False)) == [sound.id]
    redis.delete(BULK)
    assert queue.claim(BULK, "busy too", isolating=False) == Batch()
    assert redis.llen(BULK) == 0, "it would be called again and again"
    assert store.queue_depth(BULK) == 2
    store.overdue()
    assert redis.llen(BULK) == 1
    assert [queue.claim(BULK, owner).isolated for owner in "ab"] == [first.id, second.id]


@pytest.mark.parametrize("field", ["version", "state", "options"])
def test_a_record_that_cannot_be_read_costs_no_other_job(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    damaged, sound = put(store, clock, 1, 1)
    changed = {"version": "", "state": "queued", "options": "no JSON"}[field]
    redis.hset(keys.job(damaged.id), field, changed) if changed else redis.hdel(keys.job(damaged.id), field)
    if field == "state":
        redis.hset(keys.job(damaged.id), "image_count", "none")
    assert ids(queue.claim(BULK, "a")) == [sound.id]
    assert f"the record of job {damaged.id} cannot be read" in caplog.text


@pytest.mark.parametrize("single", [False, True])
def test_a_record_that_is_none_leaves_the_queue(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, single: bool
) -> None:
    broken, sound = put(store, clock, 1, 1)
    redis.delete(keys.job(broken.id))
    redis.set(keys.job(broken.id), "no hash")
    assert ids(queue.claim(BULK, "a", single=single)) == [sound.id]
    assert (store.queue_depth(BULK), store.open_count()) == (0, 1)


def test_a_claim_has_few_bytes_and_a_large_job_comes_with_its_images_all_the_same(
    store: JobStore, queue: JobQueue, clock: ManualClock
) -> None:
    half, large, jobs = bytes(MOST_BYTES // 2), [bytes(MOST_BYTES), b"x"], list[str]()
    for images in ([half], [half], [b"x"], large, [b"x"]):
        clock.now += 1
        jobs.append(store.create(images, BULK).id)
    found = [queue.claim(BULK, owner) for owner in "abcd"]
    assert [ids(batch) for batch in found] == [jobs[:2], jobs[2:3], jobs[3:4], jobs[4:]]
    assert found[2].jobs[0].images == large


class ImagesElsewhere:
    """Another store of images than Redis."""

    def __init__(self) -> None:
        self.images: dict[str, list[bytes]] = {}

    def put_all_but_last(self, job_id: str, images: Iterable[bytes]) -> tuple[dict[str, bytes], int, int]:
        """Keep all of them."""
        self.images[job_id] = list(images)
        return {}, len(self.images[job_id]), sum(map(len, self.images[job_id]))

    def discard(self, job_id: str) -> None:
        """Keep them no more."""
        del self.images[job_id]

    def get(self, job_id: str) -> list[bytes]:
        """What was put."""
        return self.images[job_id]


def test_images_may_be_in_another_store(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    store = JobStore(redis, settings, clock, ImagesElsewhere())
    job = store.create([b"x", b"y"], BULK)
    assert not redis.exists(keys.job_images(job.id))
    (claimed,) = JobQueue(redis, store, settings, clock).claim(BULK, "a").jobs
    assert claimed.images == [b"x", b"y"]


def test_a_result_that_cannot_be_stored_costs_neither_others_nor_the_jobs_claimed_with_it(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound, following = put(store, clock, MOST_IMAGES - 1, 1, 1)
    assert ids(queue.claim(BULK, "a")) == [broken.id, sound.id]
    redis.delete(keys.job(broken.id))
    redis.set(keys.job(broken.id), "no hash")
    done = [Finished(job.id, make_items(), None) for job in (broken, sound)]
    written, batch = queue.finish_and_claim("a", done, BULK, "b", sharing=1, isolating=True)
    assert (written, ids(batch)) == ([False, True], [following.id])
    assert f"the result of job {broken.id} could not be stored" in caplog.text


def test_a_claim_that_fails_costs_no_result_that_was_stored_with_it(
    store: JobStore, queue: JobQueue, clock: ManualClock, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    (job,) = put(store, clock, 1)
    queue.claim(BULK, "a")
    redis.set(keys.queued(BULK), "no zset")
    done = [Finished(job.id, make_items(), None)]
    assert queue.finish_and_claim("a", done, BULK, "b", sharing=1, isolating=True) == ([True], Batch())
    assert "could not be claimed" in caplog.text
    with pytest.raises(BrokerUnavailable):
        queue.claim(BULK, "c")
