"""Webhooks in Redis: each in exactly one place, on a real server, with injected time."""

import time
from types import SimpleNamespace

import pytest
from redis import Redis

from contracts.errors import WebhookNotFound
from contracts.jobs import JobOptions
from contracts.queues import BULK, WEBHOOKS
from contracts.settings import Settings
from contracts.storage import keys, webhooks
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import RETRY_DELAYS_S, WebhookStore
from support.clocks import ManualClock
from support.factories import make_items

URL = "https://example.com/hook"


@pytest.fixture
def jobs(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> WebhookStore:
    return WebhookStore(redis, settings, clock)


def finished(jobs: JobStore, url: str = URL) -> str:
    job = jobs.create([b"x"], BULK, options=JobOptions(webhook=url))
    jobs.claim(job.id, "w")
    jobs.finish(job.id, "w", make_items())
    return job.id


@pytest.mark.parametrize("end", ["canceled", "expired", "exhausted"])
def test_every_end_of_a_job_is_told(jobs: JobStore, store: WebhookStore, clock: ManualClock, end: str) -> None:
    job = jobs.create([b"x"], BULK, deadline_s=500, options=JobOptions(webhook=URL))
    if end == "canceled":
        jobs.cancel(job.id)
    elif end == "expired":
        clock.now += 501
        jobs.claim(job.id, "w")
    else:
        for _ in range(Settings().max_attempts + 1):
            jobs.claim(job.id, "dead", isolated=True)
            clock.now += 100
    assert store.take_due() == [job.id]


def test_times_go_by_the_servers_clock(redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 5.0)  # this host's is wrong by decades
    store, job_id = WebhookStore(redis, settings), finished(JobStore(redis, settings))
    assert store.take_due() == [job_id]
    assert store.failed(job_id, URL, "answered 500")
    assert redis.zscore(keys.WEBHOOKS_DUE, job_id) > redis.time()[0]
    assert store.take_due() == []


def test_without_a_webhook_nothing_is_due(jobs: JobStore, store: WebhookStore) -> None:
    finished(jobs, "")
    assert store.take_due() == []


def test_one_worker_gets_it_and_another_only_when_that_one_is_not_heard_of(
    jobs: JobStore, store: WebhookStore, clock: ManualClock
) -> None:
    job_id = finished(jobs)
    assert store.take_due() == [job_id]
    assert store.take_due() == []
    clock.now += 61
    assert store.take_due() == [job_id]


def test_while_announcements_wait_none_is_added_and_what_is_due_stays_so(
    redis: Redis, jobs: JobStore, store: WebhookStore, clock: ManualClock
) -> None:
    job_id = finished(jobs)
    assert store.take_due() == [job_id]
    redis.lpush(WEBHOOKS, "its announcement")
    clock.now += 61
    due_at = redis.zscore(keys.WEBHOOKS_DUE, job_id)
    assert store.take_due() == []
    assert redis.zscore(keys.WEBHOOKS_DUE, job_id) == due_at < clock.now
    redis.delete(WEBHOOKS)  # somebody has taken it, and has died
    assert store.take_due() == [job_id]


def test_each_time_that_it_is_given_out_allows_for_one_attempt(jobs: JobStore, store: WebhookStore) -> None:
    job_id = finished(jobs)
    assert not store.begin(job_id), "it has not been given out"
    store.take_due()
    assert [store.begin(job_id) for _ in range(2)] == [True, False]


def test_a_delivered_one_is_forgotten(redis: Redis, jobs: JobStore, store: WebhookStore, clock: ManualClock) -> None:
    job_id = finished(jobs)
    store.take_due()
    store.delivered(job_id)
    clock.now += 1_000
    assert store.take_due() == []
    assert not redis.exists(keys.webhook(job_id))


def test_a_result_whose_webhook_is_delivered_lives_as_long_as_any_other(
    redis: Redis, settings: Settings, jobs: JobStore, store: WebhookStore, clock: ManualClock
) -> None:
    job_id = finished(jobs)
    assert redis.ttl(keys.job(job_id)) > settings.result_ttl_s, "until then the webhook needs it"
    redis.delete(keys.ERASURES)
    clock.now += 50_000
    store.take_due()
    store.delivered(job_id)
    assert redis.ttl(keys.job(job_id)) == settings.result_ttl_s
    noted = [at for _, at in redis.zrange(keys.ERASURES, 0, -1, withscores=True)]
    assert noted == [pytest.approx(clock.now + settings.result_ttl_s + 35, abs=30)], "and then leaves the file"


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("given_out", [True, False])
def test_an_attempt_that_fails_after_its_job_was_erased_leaves_nothing(
    redis: Redis, jobs: JobStore, store: WebhookStore, clock: ManualClock, final: bool, given_out: bool
) -> None:
    job_id = finished(jobs)
    if given_out:
        store.take_due()
        store.begin(job_id)
    JobEraser(redis, clock).erase(job_id)
    assert not store.failed(job_id, URL, "no answer within 10 s", final=final)
    assert list(redis.scan_iter(f"*{job_id}*")) == []
    assert store.dead() == []


def test_one_that_was_given_up_goes_with_its_job(redis: Redis, jobs: JobStore, store: WebhookStore) -> None:
    gone, kept = finished(jobs), finished(jobs)
    for job_id in (gone, kept):
        store.failed(job_id, URL, "answered 410", final=True)
    redis.delete(keys.job(gone), keys.ERASURES)  # its time is over
    assert store.forget_gone() == 1
    assert [dead.job for dead in store.dead()] == [kept]
    assert redis.exists(keys.ERASURES), "so that it leaves the file"
    assert store.forget_gone() == 0


def test_attempts_are_counted_and_in_the_end_it_is_given_up(
    jobs: JobStore, store: WebhookStore, clock: ManualClock
) -> None:
    job_id = finished(jobs)
    outcomes = [store.failed(job_id, URL, "answered 500") for _ in range(len(RETRY_DELAYS_S) + 1)]
    assert outcomes == [True] * len(RETRY_DELAYS_S) + [False]
    (dead,) = store.dead()
    assert (dead.job, dead.url, dead.reason) == (job_id, URL, "answered 500")
    assert (dead.attempts, dead.given_up_at) == (len(RETRY_DELAYS_S) + 1, clock.now)
    clock.now += 100_000
    assert store.take_due() == []


def test_a_final_failure_is_the_last(jobs: JobStore, store: WebhookStore) -> None:
    job_id = finished(jobs)
    assert not store.failed(job_id, URL, "answered 410", final=True)
    assert store.dead()[0].attempts == 1


def test_one_that_was_given_up_can_be_tried_again_from_the_first_attempt_on(
    jobs: JobStore, store: WebhookStore
) -> None:
    job_id = finished(jobs)
    store.failed(job_id, URL, "answered 410", final=True)
    store.replay(job_id)
    assert (store.dead(), store.take_due()) == ([], [job_id])
    with pytest.raises(WebhookNotFound):
        store.replay(job_id)


def test_a_replay_that_is_asked_for_again_as_its_answer_was_lost_is_one(
    redis: Redis, jobs: JobStore, store: WebhookStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = finished(jobs)
    store.failed(job_id, URL, "answered 410", final=True)
    monkeypatch.setattr(webhooks, "secrets", SimpleNamespace(token_hex=lambda length: "one call"))
    for _ in range(2):
        store.replay(job_id)
    assert (store.dead(), store.take_due()) == ([], [job_id])


def test_a_webhook_that_was_not_given_up_is_not_replayed(jobs: JobStore, store: WebhookStore) -> None:
    job_id = finished(jobs)
    assert store.failed(job_id, URL, "answered 500")
    with pytest.raises(WebhookNotFound):
        store.replay(job_id)


def test_those_given_up_are_listed_newest_first_and_only_so_many_are_kept(
    jobs: JobStore, store: WebhookStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_DEAD_KEPT", 2)
    ids = []
    for _ in range(3):
        ids.append(finished(jobs))
        store.failed(ids[-1], URL, "answered 410", final=True)
        clock.now += 1
    assert [dead.job for dead in store.dead()] == [ids[2], ids[1]]
