"""An idempotency key stands for one job, whichever client asks and whichever gives up meanwhile."""

from redis import Redis

from api.jobs.idempotency import IdempotencyStore
from contracts.jobs import JobOptions, new_job_id
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore
from support.factories import make_items


def test_a_key_stands_for_the_first_job(redis: Redis, settings: Settings) -> None:
    store = IdempotencyStore(redis, settings)
    assert store.claim("me", "key", "first", "print") == ("first", "print", True)
    assert store.claim("me", "key", "second", "other") == ("first", "print", False)
    assert store.claim("you", "key", "third", "print") == ("third", "print", True)


def test_only_the_job_that_is_gone_is_forgotten(redis: Redis, settings: Settings) -> None:
    store = IdempotencyStore(redis, settings)
    store.claim("me", "key", "gone", "print")
    store.release("me", "key", "gone")
    store.claim("me", "key", "fresh", "print")
    store.release("me", "key", "gone")  # by a request that was slower to find out
    assert store.claim("me", "key", "another", "print").job_id == "fresh"
    store.release("me", "key", "fres")
    assert store.claim("me", "key", "another", "print").job_id == "fresh"


def test_who_asks_again_because_the_answer_was_lost_is_still_the_first(redis: Redis, settings: Settings) -> None:
    store = IdempotencyStore(redis, settings)
    assert store.claim("me", "key", "own", "print").first
    assert store.claim("me", "key", "own", "print").first  # otherwise it would wait for itself, for ten seconds
    assert not store.claim("me", "key", "another", "print").first


def test_a_key_ends_with_the_record_of_its_job(redis: Redis, settings: Settings) -> None:
    store, jobs, job_id = IdempotencyStore(redis, settings), JobStore(redis, settings), new_job_id()
    store.claim("me", "key", job_id, "print")
    jobs.create([b"x"], BULK, job_id=job_id, once=True)
    (key,) = redis.keys(keys.idempotency("*"))
    assert redis.ttl(key) == settings.idempotency_ttl_s
    jobs.cancel(job_id)
    assert {redis.ttl(name) for name in (key, keys.job_once(job_id), keys.job(job_id))} == {settings.result_ttl_s}


def test_a_key_outlives_the_record_no_more_when_a_webhook_keeps_it_for_longer(redis: Redis, settings: Settings) -> None:
    store, jobs, job_id = IdempotencyStore(redis, settings), JobStore(redis, settings), new_job_id()
    store.claim("me", "key", job_id, "print")
    jobs.create([b"x"], BULK, job_id=job_id, once=True, options=JobOptions(webhook="https://example.com/hook"))
    jobs.claim(job_id, "w")
    jobs.finish(job_id, "w", make_items())
    (key,) = redis.keys(keys.idempotency("*"))
    once = [key, keys.job_once(job_id)]
    assert {redis.ttl(name) for name in once} == {settings.idempotency_ttl_s}
    assert redis.ttl(keys.job(job_id)) > settings.idempotency_ttl_s, "the receiver may be down"
    WebhookStore(redis, settings).delivered(job_id)
    assert {redis.ttl(name) for name in [*once, keys.job(job_id)]} == {settings.result_ttl_s}


def test_the_end_of_a_job_leaves_a_key_alone_that_stands_for_another(redis: Redis, settings: Settings) -> None:
    store, jobs, job_id = IdempotencyStore(redis, settings), JobStore(redis, settings), new_job_id()
    store.claim("me", "key", job_id, "print")
    jobs.create([b"x"], BULK, job_id=job_id, once=True)
    (key,) = redis.keys(keys.idempotency("*"))
    redis.set(key, f"{new_job_id()} print", ex=settings.idempotency_ttl_s)
    jobs.cancel(job_id)
    assert redis.ttl(key) == settings.idempotency_ttl_s


def test_a_claim_that_comes_when_its_job_is_erased_leaves_nothing(redis: Redis, settings: Settings) -> None:
    jobs, job_id = JobStore(redis, settings), new_job_id()
    jobs.create([b"x"], BULK, job_id=job_id)
    jobs.cancel(job_id)
    assert JobEraser(redis).erase(job_id)
    IdempotencyStore(redis, settings).claim("me", "key", job_id, "print")
    assert not redis.exists(keys.job_once(job_id))
    assert not redis.keys(keys.idempotency("*"))
