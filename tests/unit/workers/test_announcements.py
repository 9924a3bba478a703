"""Announcing webhooks: all that are due, as quickly as they are taken, and no more than senders have room for."""

import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from contracts.addresses import AddressPolicy
from contracts.jobs import JobOptions
from contracts.queues import BULK, WEBHOOKS
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.dispatch import Dispatcher
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore
from support.clocks import ManualClock
from workers.webhooks import WebhookSender


@pytest.fixture
def jobs(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def sender(redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore) -> WebhookSender:
    webhooks = WebhookStore(redis, settings, clock)
    return WebhookSender(jobs, webhooks, AddressPolicy("127.0.0.0/8"), clock, faces_only=False)


def final(jobs: JobStore, url: str) -> str:
    """The id of a job that has ended and whose webhook is due."""
    job = jobs.create([b"x"], BULK, options=JobOptions(webhook=url))
    jobs.cancel(job.id)
    return job.id


def test_what_is_due_is_announced(redis: Redis, jobs: JobStore, sender: WebhookSender, dispatcher: Dispatcher) -> None:
    job_id = final(jobs, "https://example.com/")
    sender.announce(dispatcher)
    sender.announce(dispatcher)
    assert redis.llen(WEBHOOKS) == 1
    assert job_id in redis.lindex(WEBHOOKS, 0).decode()


def test_many_that_are_due_are_announced_within_a_second_as_they_are_taken(
    redis: Redis, clock: ManualClock, sender: WebhookSender
) -> None:
    ids = [f"job {number:03}" for number in range(250)]
    redis.zadd(keys.WEBHOOKS_DUE, dict.fromkeys(ids, clock.now))
    told: list[str] = []

    def announce(job_id: str) -> None:
        told.append(job_id)
        if redis.lpush(WEBHOOKS, job_id) == 100:  # a worker takes the batch, and needs a while for it
            threading.Timer(0.15, redis.delete, [WEBHOOKS]).start()

    dispatcher: Any = SimpleNamespace(webhook=announce)
    sender.announce(dispatcher)
    assert sorted(told) == ids, "each once"
    assert redis.llen(WEBHOOKS) == 50, "each batch came when the one before was taken"


def test_one_batch_is_announced_where_some_of_it_are_turned_away(jobs: JobStore, sender: WebhookSender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        for _ in range(120):
            final(jobs, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        outcomes: list[str] = []
        dispatcher: Any = SimpleNamespace(webhook=lambda job_id: outcomes.append(sender.begin(job_id)))
        sender.announce(dispatcher)
        assert len(outcomes) == 100
        assert outcomes.count("busy") > 80
        ending = threading.Thread(target=sender.close)
        ending.start()
    ending.join()
