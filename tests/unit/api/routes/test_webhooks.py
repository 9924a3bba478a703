"""Dead webhooks over HTTP: the list, and another chance."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from contracts.jobs import JobOptions
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore


@pytest.fixture
def webhooks(redis: Redis) -> WebhookStore:
    return WebhookStore(redis, Settings())


def test_without_any_the_list_is_empty(client: FlaskClient) -> None:
    assert client.get("/v1/webhooks/dead").get_json() == {"webhooks": []}


def test_a_dead_webhook_is_listed_and_tried_again(client: FlaskClient, jobs: JobStore, webhooks: WebhookStore) -> None:
    job_id = jobs.create([b"x"], BULK, options=JobOptions(webhook="https://example.com/hook")).id
    jobs.cancel(job_id)
    assert not webhooks.failed(job_id, "https://example.com/hook", "It answered 410.", final=True)
    (listed,) = client.get("/v1/webhooks/dead").get_json()["webhooks"]
    assert (listed["job"], listed["url"], listed["reason"]) == (job_id, "https://example.com/hook", "It answered 410.")
    assert (listed["attempts"], listed["given_up_at"] > 0) == (1, True)
    replayed = client.post(f"/v1/webhooks/dead/{job_id}/replay")
    assert (replayed.status_code, replayed.get_json()) == (202, {"job": job_id})
    assert webhooks.take_due() == [job_id]
    assert client.get("/v1/webhooks/dead").get_json() == {"webhooks": []}


def test_one_that_was_not_given_up_is_not_found(client: FlaskClient) -> None:
    response = client.post("/v1/webhooks/dead/never/replay")
    assert (response.status_code, response.get_json()["code"]) == (404, "webhook_not_found")
