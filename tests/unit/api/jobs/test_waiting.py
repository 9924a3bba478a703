"""Waiting for jobs: woken by a message, by a second look, by the end of the process."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from api.jobs.waiting import WaitingRoom
from api.services import services_of
from contracts.errors import BrokerUnavailable, JobGone, JobNotFound
from contracts.jobs import Job, JobState, new_job_id
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.gateway import submit


def post(app: Flask, address: str, data: bytes, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(address, data=data, content_type="image/jpeg", headers=named)


@pytest.mark.parametrize("address", ["/v1/jobs", "/detect_emotion"])
def test_a_client_that_waits_when_redis_goes_away_is_told_where_the_job_is(
    app: Flask, jobs: JobStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def fail(*_: str) -> None:
        raise BrokerUnavailable("gone")

    with monkeypatch.context() as patched:
        for step in ("get", "watch"):
            patched.setattr(services_of(app).jobs, step, fail)
        response = post(app, address, jpeg, Prefer="wait=5")
        assert app.test_client().get(f"{response.headers['Location']}?wait=5").status_code == 503
    assert response.status_code == 202
    assert jobs.get(response.headers["Location"].rpartition("/")[2]).image_count == 1


def start_waiting(app: Flask, job_id: str, wait_for: WaitFor) -> tuple[threading.Thread, list[Any]]:
    """A thread that waits for the job for up to a minute, and where its answer will be."""
    room, answers = services_of(app).waiting, list[Any]()
    waiter = threading.Thread(target=lambda: answers.append(room.wait(job_id, 60)))
    waiter.start()
    wait_for(lambda: room.count, "the waiting caller")
    return waiter, answers


def test_a_done_message_that_was_missed_does_no_harm(
    app: Flask, client: FlaskClient, redis: Redis, jpeg: bytes, wait_for: WaitFor
) -> None:
    job_id = submit(client, jpeg)
    waiter, answers = start_waiting(app, job_id, wait_for)
    redis.hset(keys.job(job_id), "state", "canceled")  # as if the connection had been down when it was announced
    waiter.join(timeout=30)
    assert [job.state for job in answers] == ["canceled"]
    assert services_of(app).waiting.count == 0


def test_an_unreadable_record_does_not_end_the_listening(
    app: Flask, client: FlaskClient, redis: Redis, jpeg: bytes, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = submit(client, jpeg)
    waiter, answers = start_waiting(app, job_id, wait_for)
    redis.hset(keys.job(job_id), "state", "nonsense")
    wait_for(lambda: "unexpected error while listening" in caplog.text, "the listener to fail over it", 20)
    redis.hset(keys.job(job_id), "state", "canceled")
    wait_for(lambda: answers, "the answer", 30)
    waiter.join()
    assert [job.state for job in answers] == ["canceled"]


def test_every_waiting_client_is_answered_when_the_process_stops(
    app: Flask, client: FlaskClient, jpeg: bytes, wait_for: WaitFor
) -> None:
    job_id = submit(client, jpeg)
    services = services_of(app)
    answers: list[Any] = []
    waiter = threading.Thread(target=lambda: answers.append(services.waiting.wait(job_id, 600)))
    waiter.start()
    wait_for(lambda: services.waiting.count, "the waiting caller")
    services.drain()
    waiter.join(timeout=30)
    assert [job.state for job in answers] == ["queued"]


def test_a_deadline_that_passes_ends_the_wait_and_the_job(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    created = client.post("/v1/jobs?deadline=0.05", data=jpeg, content_type="image/jpeg").get_json()
    assert client.get(f"/v1/jobs/{created['id']}?wait=60").get_json()["state"] == "expired"
    assert (jobs.images(created["id"]), jobs.open_bytes()) == ([], 0)


@pytest.fixture
def room(settings: Settings, jobs: JobStore) -> Iterator[WaitingRoom]:
    room = WaitingRoom(settings, jobs)
    yield room
    room.close()


def listeners(redis: Redis) -> int:
    """How many subscriptions to final jobs there are."""
    return len(redis.pubsub_channels(keys.final_jobs_channel("*")))


def test_a_job_that_is_final_already_needs_no_subscription(room: WaitingRoom, jobs: JobStore) -> None:
    job = jobs.create([b"x"], BULK)
    jobs.cancel(job.id)
    assert room.wait(job.id, 60).state is JobState.CANCELED
    assert room.count == 0


def test_without_patience_the_job_is_as_it_is_and_the_listener_does_not_start(
    room: WaitingRoom, jobs: JobStore, redis: Redis
) -> None:
    job = jobs.create([b"x"], BULK)
    assert room.wait(job.id, 0).state is JobState.QUEUED
    assert room.wait_for_accepted(job, 0) is job
    assert listeners(redis) == 0


def test_many_callers_share_one_subscription_and_each_is_woken_by_its_own_job(
    room: WaitingRoom, jobs: JobStore, redis: Redis, wait_for: WaitFor
) -> None:
    first, second = jobs.create([b"x"], BULK), jobs.create([b"y"], BULK)
    with ThreadPoolExecutor(6) as threads:
        answers = {job.id: [threads.submit(room.wait, job.id, 60) for _ in range(3)] for job in (first, second)}
        wait_for(lambda: room.count == 6, "six waiting callers")
        wait_for(lambda: listeners(redis), "the subscription")
        assert listeners(redis) == 1
        jobs.cancel(first.id)
        assert {one.result(30).state for one in answers[first.id]} == {JobState.CANCELED}
        wait_for(lambda: room.count == 3, "three callers to have left")
        assert not any(one.done() for one in answers[second.id])
        jobs.cancel(second.id)
        assert {one.result(30).id for one in answers[second.id]} == {second.id}
    assert room.count == 0


def test_a_client_that_has_gone_ends_the_wait_for_it(room: WaitingRoom, jobs: JobStore) -> None:
    job = jobs.create([b"x"], BULK)
    asked = iter([False, True])
    assert room.wait(job.id, 60, lambda: next(asked)).state is JobState.QUEUED
    assert next(asked, None) is None, "asked twice, and no more after that"


def test_a_job_that_is_unknown_is_an_error_and_leaves_no_caller_behind(room: WaitingRoom) -> None:
    with pytest.raises(JobNotFound):
        room.wait("never", 60)
    with pytest.raises(JobGone):
        room.wait(new_job_id(), 60)
    assert room.count == 0


def test_a_closed_room_answers_at_once(room: WaitingRoom, jobs: JobStore) -> None:
    job = jobs.create([b"x"], BULK)
    room.close()
    answers: list[Job] = []
    caller = threading.Thread(target=lambda: answers.append(room.wait(job.id, 600)), daemon=True)
    caller.start()
    caller.join(30)
    assert [answer.state for answer in answers] == [JobState.QUEUED], "no caller is kept waiting"


def test_a_caller_that_waits_through_a_failing_redis_gets_its_job_as_it_was(
    room: WaitingRoom, jobs: JobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = jobs.create([b"x"], BULK)

    def fail(*_: str) -> None:
        raise BrokerUnavailable("The job store does not answer.")

    monkeypatch.setattr(jobs, "watch", fail)
    assert room.wait_for_accepted(job, 60) is job
    assert "cannot be waited for" in caplog.text


def test_a_notice_that_cannot_be_read_delays_no_caller(
    room: WaitingRoom, jobs: JobStore, redis: Redis, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, sound = jobs.create([b"x"], BULK), jobs.create([b"y"], BULK)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(room.wait, job.id, 60) for job in (damaged, sound)]
        wait_for(lambda: room.count == 2, "both callers")
        wait_for(lambda: listeners(redis), "the subscription")
        (channel,) = redis.pubsub_channels(keys.final_jobs_channel("*"))
        redis.publish(channel, f"{damaged.id} no JSON")
        wait_for(lambda: "unexpected error while listening" in caplog.text, "it to be told")
        jobs.cancel(sound.id)
        jobs.cancel(damaged.id)
        assert {answer.result(30).state for answer in answers} == {JobState.CANCELED}
    assert caplog.text.count("unexpected error") == 1, "it listens on"
