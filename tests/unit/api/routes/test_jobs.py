"""Jobs over HTTP: submit, look, wait, cancel."""

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from api.services import services_of
from contracts.queues import BULK, INTERACTIVE
from contracts.storage import keys
from contracts.storage.jobs import JobStore


def submit(client: FlaskClient, jpeg: bytes) -> str:
    response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/v1/jobs/{response.get_json()['id']}"
    return str(response.get_json()["id"])


def test_a_job_is_stored_before_it_is_accepted(client: FlaskClient, jobs: JobStore, redis: Redis, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    assert jobs.images(job_id) == [jpeg]
    assert redis.llen(BULK) == 1
    assert job_id.encode() in redis.lindex(BULK, 0)
    assert jpeg not in redis.lindex(BULK, 0), "image bytes never travel in a message"


def test_waiting_ends_with_the_result(client: FlaskClient, worker: Any, jpeg: bytes) -> None:
    answer = client.get(f"/v1/jobs/{submit(client, jpeg)}?wait=30").get_json()
    assert (answer["state"], answer["attempts"]) == ("succeeded", 1)
    (item,) = answer["items"]
    assert (item["index"], item["result"]["emotion"], item["error"]) == (0, "Happy", None)


def test_without_a_wait_the_state_is_told_at_once(client: FlaskClient, jpeg: bytes) -> None:
    answer = client.get(f"/v1/jobs/{submit(client, jpeg)}").get_json()
    assert (answer["state"], answer["items"]) == ("queued", [])


def test_a_wait_that_runs_out_answers_with_the_state(client: FlaskClient, jpeg: bytes) -> None:
    assert client.get(f"/v1/jobs/{submit(client, jpeg)}?wait=0.05").get_json()["state"] == "queued"


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", ""])
def test_a_wait_that_is_no_number_is_refused(client: FlaskClient, wait: str) -> None:
    response = client.get(f"/v1/jobs/x?wait={wait}")
    assert (response.status_code, response.get_json()["field"]) == (422, "wait")


def somebody_waits(app: Flask, job_id: str, wait_for: Any) -> tuple[threading.Thread, list[Any]]:
    """A thread that waits for the job for up to a minute, and where its answer will be."""
    room, answers = services_of(app).waiting, list[Any]()
    waiter = threading.Thread(target=lambda: answers.append(room.wait(job_id, 60)))
    waiter.start()
    wait_for(lambda: room.count, "the waiting caller")
    return waiter, answers


def test_a_done_message_that_was_missed_does_no_harm(
    app: Flask, client: FlaskClient, redis: Redis, jpeg: bytes, wait_for: Any
) -> None:
    job_id = submit(client, jpeg)
    waiter, answers = somebody_waits(app, job_id, wait_for)
    redis.hset(keys.job(job_id), "state", "canceled")  # as if the connection had been down when it was announced
    waiter.join(timeout=30)
    assert [job.state for job in answers] == ["canceled"]
    assert services_of(app).waiting.count == 0


def test_a_record_that_nobody_expected_does_not_end_the_listening(
    app: Flask, client: FlaskClient, redis: Redis, jpeg: bytes, wait_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = submit(client, jpeg)
    waiter, answers = somebody_waits(app, job_id, wait_for)
    redis.hset(keys.job(job_id), "state", "nonsense")
    wait_for(lambda: "unexpected error while listening" in caplog.text, "the listener to fail over it", 20)
    redis.hset(keys.job(job_id), "state", "canceled")
    wait_for(lambda: answers, "the answer", 30)
    waiter.join()
    assert [job.state for job in answers] == ["canceled"]


def test_everybody_who_waits_is_sent_home_when_the_process_stops(
    app: Flask, client: FlaskClient, jpeg: bytes, wait_for: Any
) -> None:
    job_id = submit(client, jpeg)
    mien = services_of(app)
    answers: list[Any] = []
    waiter = threading.Thread(target=lambda: answers.append(mien.waiting.wait(job_id, 600)))
    waiter.start()
    wait_for(lambda: mien.waiting.count, "the waiting caller")
    mien.drain()
    waiter.join(timeout=30)
    assert [job.state for job in answers] == ["queued"]


def test_a_queued_job_can_be_canceled_and_is_never_analyzed(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    assert client.delete(f"/v1/jobs/{job_id}").get_json()["state"] == "canceled"
    assert jobs.images(job_id) == []
    assert client.delete(f"/v1/jobs/{job_id}").get_json()["state"] == "canceled", "again is no error"


def test_a_running_job_is_not_canceled(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"], INTERACTIVE)
    jobs.claim(job.id, "somebody")
    assert client.delete(f"/v1/jobs/{job.id}").get_json()["state"] == "running"


@pytest.mark.parametrize("method", ["get", "delete"])
def test_unknown_is_404_and_outlived_is_410(
    client: FlaskClient, jobs: JobStore, redis: Redis, jpeg: bytes, method: str
) -> None:
    never = getattr(client, method)("/v1/jobs/never")
    assert (never.status_code, never.get_json()["code"]) == (404, "job_not_found")
    job_id = submit(client, jpeg)
    redis.delete(keys.job(job_id))
    gone = getattr(client, method)(f"/v1/jobs/{job_id}")
    assert (gone.status_code, gone.get_json()["code"]) == (410, "job_gone")
