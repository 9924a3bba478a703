"""The job store's promises, on a real server, with injected time."""

from collections.abc import Iterator

import pytest
from redis import Redis

from contracts.errors import AcceptanceUnknown, BrokerUnavailable, InvalidArchive, JobGone, JobNotFound, Overloaded
from contracts.jobs import ItemResult, JobState, new_job_id
from contracts.queues import BULK, INTERACTIVE
from contracts.results import Analysis
from contracts.settings import Settings
from contracts.storage import jobs, keys
from contracts.storage.job_hash import from_notice
from contracts.storage.job_steps import Claim
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock

EMPTY = Analysis(width=4, height=3, faces=[], detector="none", model="none")
ITEMS = [ItemResult(index=0, analysis=EMPTY)]


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


def test_a_new_job_is_queued_and_its_images_are_kept_as_sent(store: JobStore) -> None:
    images = [b"first", b"\x00\xff", *(bytes([i]) for i in range(10))]
    created = store.create(images, BULK)
    assert store.get(created.id) == created
    assert created.state is JobState.QUEUED
    assert store.images(created.id) == images


def test_names_of_images_are_kept_for_as_long_as_the_job(store: JobStore, redis: Redis) -> None:
    job = store.create([b"x", b"y"], BULK, names=["a.jpg", None])
    assert store.get(job.id).names == ["a.jpg", None]
    unnamed = store.create([b"x", b"y"], BULK, names=[None, None])
    assert b"names" not in redis.hkeys(keys.job(unnamed.id))
    assert store.get(unnamed.id).names == []


def test_of_a_job_whose_images_end_in_an_error_nothing_stays(store: JobStore, redis: Redis) -> None:
    def images() -> Iterator[bytes]:
        for _ in range(4):
            yield bytes(1_000_000)
        assert list(redis.scan_iter("mien:*")), "some have been sent already"
        raise InvalidArchive("The last one is damaged.")

    with pytest.raises(InvalidArchive):
        store.create(images(), BULK)
    assert list(redis.scan_iter("mien:*")) == []


def test_open_jobs_have_no_ttl(store: JobStore, redis: Redis) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert redis.ttl(keys.job(job.id)) == redis.ttl(keys.job_images(job.id)) == -1


def test_finishing_stores_the_result_once_and_deletes_the_images(store: JobStore, redis: Redis) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert store.claim(job.id, "a") is Claim.CLAIMED
    assert store.finish(job.id, "a", ITEMS)
    assert store.finish(job.id, "a", []), "asked again: the same answer"
    done = store.get(job.id)
    assert (done.state, done.items, done.attempts) == (JobState.SUCCEEDED, ITEMS, 1)
    assert store.images(job.id) == []
    assert 0 < redis.ttl(keys.job(job.id)) <= Settings().result_ttl_s
    assert store.open_count() == 0


def test_a_duplicate_message_does_no_work(store: JobStore) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert store.claim(job.id, "a") is Claim.CLAIMED
    assert store.claim(job.id, "b") is Claim.HELD
    store.finish(job.id, "a", ITEMS)
    assert store.claim(job.id, "b") is Claim.FINAL
    assert store.claim("unheard-of", "b") is Claim.MISSING


def test_asking_twice_with_one_owner_counts_once(store: JobStore) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert [store.claim(job.id, "a") for _ in range(5)] == [Claim.CLAIMED] * 5
    assert store.get(job.id).attempts == 1


def test_a_dead_workers_job_goes_to_another_and_the_dead_one_cannot_write(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE)
    store.claim(job.id, "dead")
    clock.now += Settings().lease_s - 1
    assert store.overdue() == []
    clock.now += 2
    assert store.overdue() == [(job.id, INTERACTIVE)]
    assert store.overdue() == [], "a second reconciler finds nothing"
    assert store.claim(job.id, "alive", isolated=True) is Claim.CLAIMED
    assert not store.finish(job.id, "dead", [])
    assert store.finish(job.id, "alive", ITEMS)
    assert store.get(job.id).attempts == 2


def test_what_a_worker_began_and_did_not_finish_is_for_a_process_that_runs_nothing_else(
    store: JobStore, clock: ManualClock
) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert store.claim(job.id, "dead") is Claim.CLAIMED
    assert store.claim(job.id, "other") is Claim.HELD
    clock.now += Settings().lease_s + 1
    assert store.claim(job.id, "busy") is Claim.ISOLATED, "before it is announced, too"
    store.overdue()
    assert store.claim(job.id, "busy") is Claim.ISOLATED
    assert store.get(job.id).attempts == 1, "an attempt that was not allowed is none"
    assert store.claim(job.id, "idle", isolated=True) is Claim.CLAIMED
    assert store.claim(job.id, "idle") is Claim.CLAIMED, "it asks again, not having heard the answer"
    assert store.get(job.id).attempts == 2


def test_a_queue_with_jobs_and_no_message_gets_one(store: JobStore, redis: Redis, clock: ManualClock) -> None:
    store.create([b"x"], BULK)
    store.create([b"x"], BULK)
    assert redis.llen(BULK) == 1, "one is enough"
    redis.delete(BULK)
    clock.now += 100 * Settings().requeue_after_s
    assert store.overdue() == [], "they wait, and are not lost"
    assert (redis.llen(BULK), redis.llen(INTERACTIVE)) == (1, 0)
    assert store.queue_depth(BULK) == 2


def test_a_job_that_left_its_queue_and_was_not_begun_is_put_back(
    store: JobStore, redis: Redis, clock: ManualClock
) -> None:
    job = store.create([b"x"], BULK)
    redis.zrem(keys.queued(BULK), job.id)
    clock.now += Settings().requeue_after_s + 1
    assert store.overdue() == [(job.id, BULK)]
    assert redis.zscore(keys.queued(BULK), job.id) == pytest.approx(job.created_at)


def test_a_dead_workers_job_does_not_wait_behind_looks_at_queued_ones(store: JobStore, clock: ManualClock) -> None:
    for _ in range(5):
        store.create([b"x"], INTERACTIVE)
    job = store.create([b"x"], BULK)
    clock.now += Settings().requeue_after_s + 1
    assert store.claim(job.id, "dead") is Claim.CLAIMED
    clock.now += Settings().lease_s + 1
    assert store.overdue(limit=2) == [(job.id, BULK)]


def test_a_final_job_that_is_still_listed_as_open_stays_final(
    store: JobStore, redis: Redis, clock: ManualClock
) -> None:
    job = store.create([b"x"], BULK)
    assert store.cancel(job.id)
    redis.zadd(keys.OPEN_JOBS, {job.id: clock.now})
    assert store.overdue() == []
    assert store.get(job.id).state is JobState.CANCELED
    assert redis.zscore(keys.OPEN_JOBS, job.id) is None


def test_bytes_counted_twice_are_forgotten_when_all_is_done(store: JobStore) -> None:
    job = store.create([b"x" * 100], BULK)
    store.create([b"x" * 100], BULK, job_id=job.id)  # as when the driver sends it again, not having heard the answer
    other = store.create([b"x" * 10], BULK)
    store.cancel(job.id)
    assert store.open_bytes() >= 10
    store.cancel(other.id)
    assert store.open_bytes() == 0


def test_a_job_that_kills_its_workers_is_given_up(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE)
    for attempt in range(Settings().max_attempts):
        assert store.claim(job.id, f"worker-{attempt}", isolated=True) is Claim.CLAIMED
        clock.now += 1000
        store.overdue()
    assert store.claim(job.id, "one-more") is Claim.EXHAUSTED
    failed = store.get(job.id)
    assert (failed.state, failed.attempts) == (JobState.FAILED, Settings().max_attempts)
    assert failed.error is not None
    assert failed.error.code == "attempts_exhausted"


def test_a_job_that_was_given_up_can_be_finished_by_none_of_its_owners(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE)
    for attempt in range(Settings().max_attempts):
        store.claim(job.id, f"worker-{attempt}", isolated=True)
        clock.now += 1000
    assert store.claim(job.id, "one-more") is Claim.EXHAUSTED
    assert not store.finish(job.id, f"worker-{attempt}", ITEMS), "the last of them was slow, not dead"


def test_a_passed_deadline_expires_the_job(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE, deadline_s=5)
    clock.now += 6
    assert store.claim(job.id, "late") is Claim.EXPIRED
    assert store.get(job.id).state is JobState.EXPIRED
    assert store.images(job.id) == []


def test_only_a_queued_job_can_be_canceled(store: JobStore) -> None:
    job = store.create([b"x"], INTERACTIVE)
    assert store.cancel(job.id)
    assert not store.cancel(job.id)
    assert store.get(job.id).state is JobState.CANCELED
    assert store.claim(job.id, "a") is Claim.FINAL
    running = store.create([b"x"], INTERACTIVE)
    store.claim(running.id, "a")
    assert not store.cancel(running.id)


def test_a_cancel_that_is_sent_again_gives_the_same_answer(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    job = store.create([b"x"], INTERACTIVE)
    monkeypatch.setattr(jobs.secrets, "token_hex", lambda _: "the same call")
    assert store.cancel(job.id)
    assert store.cancel(job.id), "the driver has not heard the answer"
    monkeypatch.undo()
    assert not store.cancel(job.id)


def test_unknown_and_outlived_ids_are_told_apart(store: JobStore, redis: Redis) -> None:
    for never in ("never", "", "a:images", new_job_id()[:-1] + "?", "x" * 24):
        with pytest.raises(JobNotFound):
            store.get(never)
        with pytest.raises(JobNotFound):
            store.cancel(never)
    job = store.create([b"x"], INTERACTIVE)
    redis.delete(keys.job(job.id))
    with pytest.raises(JobGone, match=job.id):
        store.get(job.id)
    with pytest.raises(JobGone):
        store.cancel(job.id)


def test_gateways_that_wait_are_told_all_of_a_final_job_and_no_others(store: JobStore, redis: Redis) -> None:
    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    pubsub.psubscribe(keys.final_jobs_channel("*"))
    pubsub.get_message(timeout=5)
    finished = store.create([b"x"], INTERACTIVE, gateway="a")
    canceled, alone = store.create([b"x"], INTERACTIVE), store.create([b"x"], INTERACTIVE)
    for gateway in "abb":
        assert store.watch(finished.id, gateway).state is JobState.QUEUED
        store.watch(canceled.id, gateway)
    store.claim(finished.id, "a")
    store.finish(finished.id, "a", ITEMS)
    assert store.cancel(alone.id)
    assert store.cancel(canceled.id)
    heard = [pubsub.get_message(timeout=5) for _ in range(4)]
    pubsub.close()
    assert [message["channel"].decode() for message in heard] == [
        keys.final_jobs_channel(gateway) for gateway in "abab"
    ]
    told = [from_notice(message["data"].decode()) for message in heard]
    assert told == [(job.id, store.get(job.id)) for job in (finished, finished, canceled, canceled)]
    assert store.watch(finished.id, "c").items == ITEMS


def test_a_store_out_of_reach_is_a_typed_error(settings: Settings) -> None:
    from contracts.storage.connections import connect

    nowhere = JobStore(connect("redis://127.0.0.1:1/0", name="tests"), settings)
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        nowhere.get(new_job_id())
    with pytest.raises(BrokerUnavailable, match="does not answer") as caught:
        nowhere.create([b"x"], INTERACTIVE)
    assert not isinstance(caught.value, AcceptanceUnknown), "nothing was sent"


def test_final_among_tells_final_and_forgotten_jobs_from_open_ones(store: JobStore) -> None:
    queued, running, canceled = (store.create([b"x"], INTERACTIVE) for _ in range(3))
    store.claim(running.id, "a")
    store.cancel(canceled.id)
    assert store.final_among([queued.id, running.id, canceled.id, "forgotten"]) == {canceled.id, "forgotten"}
    assert store.final_among([]) == set()


def test_a_full_redis_refuses_new_jobs_and_lets_accepted_ones_end(store: JobStore, redis: Redis) -> None:
    jobs = [store.create([b"x" * 100_000], BULK) for _ in range(3)]
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(Overloaded):
            store.create([b"x"], BULK)
        assert store.claim(jobs[0].id, "a") is Claim.CLAIMED
        assert store.renew({jobs[0].id: "a"}) == 1
        assert store.finish(jobs[0].id, "a", ITEMS)
        assert store.cancel(jobs[1].id)
        assert store.get(jobs[0].id).items == ITEMS
    finally:
        redis.config_set("maxmemory", 0)


def test_a_queued_job_whose_deadline_has_passed_expires_when_it_is_read(store: JobStore, clock: ManualClock) -> None:
    job = store.create([b"x"], INTERACTIVE, deadline_s=5)
    assert store.get(job.id).state is JobState.QUEUED
    clock.now += 6
    assert store.get(job.id).state is JobState.EXPIRED
