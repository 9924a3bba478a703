"""An idempotency key stands for one job, whichever client asks and whichever gives up meanwhile."""

from redis import Redis

from api.jobs.idempotency import IdempotencyStore
from contracts.settings import Settings


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
