"""Jobs over HTTP: submit, look, wait, cancel."""

import io

import pytest
from flask.testing import FlaskClient
from redis import Redis

from contracts.emotions import EMOTIONS
from contracts.errors import CorruptImage
from contracts.jobs import ItemResult, JobOptions, JobState, Problem
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore
from support.factories import annotate
from support.gateway import MakeApp, StandIn, happy, submit, zipped


def test_a_job_is_stored_before_it_is_accepted(client: FlaskClient, jobs: JobStore, redis: Redis, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    assert jobs.images(job_id) == [jpeg]
    assert redis.zrange(keys.queued(BULK), 0, -1) == [job_id.encode()]
    assert redis.llen(BULK) == 1, "a message says that there is work"
    assert jpeg not in redis.lindex(BULK, 0), "image bytes never travel in a message"


def test_waiting_ends_with_the_result(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    answer = client.get(f"/v1/jobs/{submit(client, jpeg)}?wait=30").get_json()
    assert (answer["state"], answer["attempts"]) == ("succeeded", 1)
    (item,) = answer["items"]
    assert (item["index"], item["result"]["emotion"], item["error"]) == (0, "Happy", None)


def test_without_a_wait_the_state_is_told_at_once(client: FlaskClient, jpeg: bytes) -> None:
    answer = client.get(f"/v1/jobs/{submit(client, jpeg)}").get_json()
    assert (answer["state"], answer["items"]) == ("queued", [])


def test_a_wait_that_runs_out_answers_with_the_state(client: FlaskClient, jpeg: bytes) -> None:
    assert client.get(f"/v1/jobs/{submit(client, jpeg)}?wait=0.05").get_json()["state"] == "queued"


def test_a_queued_job_can_be_canceled_and_is_never_analyzed(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    assert client.delete(f"/v1/jobs/{job_id}").get_json()["state"] == "canceled"
    assert jobs.images(job_id) == []
    again = client.delete(f"/v1/jobs/{job_id}")
    assert (again.status_code, again.data) == (204, b""), "it is final now, and nothing of it is kept"
    assert client.get(f"/v1/jobs/{job_id}").status_code == 410


def test_nothing_is_left_of_a_finished_job_that_is_deleted(
    client: FlaskClient, jobs: JobStore, redis: Redis, jpeg: bytes
) -> None:
    form = {"image": (io.BytesIO(jpeg), "me.jpg"), "annotate": "true", "webhook": "https://example.com/hook"}
    job_id = client.post("/v1/jobs", data=form, headers={"Idempotency-Key": "one"}).get_json()["id"]
    assert annotate(jobs, job_id, b"drawn", owner="worker")
    assert jobs.finish(job_id, "worker", [])
    redis.delete(BULK)  # its message
    WebhookStore(redis, Settings()).failed(job_id, "https://example.com/hook", "answered 500", final=True)
    assert client.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert mentions(redis, job_id) == []
    assert client.get(f"/v1/jobs/{job_id}").get_json()["code"] == "job_gone"
    assert client.get(f"/v1/jobs/{job_id}/items/0/annotated").status_code == 410
    form["image"] = (io.BytesIO(jpeg), "me.jpg")
    again = client.post("/v1/jobs", data=form, headers={"Idempotency-Key": "one"})
    assert again.status_code == 202
    assert again.get_json()["id"] != job_id, "the key stands for it no more"


def mentions(redis: Redis, text: str) -> list[bytes]:
    """Keys that have the text in their name or in their value, in whatever way it is stored."""
    found = []
    for key in redis.scan_iter():
        value = redis.dump(key)
        parts = {b"hash": redis.hgetall, b"list": lambda k: redis.lrange(k, 0, -1), b"string": redis.get}
        parts |= {b"zset": lambda k: redis.zrange(k, 0, -1), b"set": redis.smembers}
        content = parts[redis.type(key)](key)
        if text.encode() in key + (value or b"") or text in str(content):
            found.append(key)
    return found


def test_a_running_job_is_not_canceled(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"], INTERACTIVE)
    jobs.claim(job.id, "a worker")
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


def test_one_corrupt_image_never_fails_its_siblings(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    fine = worker.analyze

    def analyze(index: int, image: bytes) -> ItemResult:
        if image == jpeg:
            return fine(index, image)
        return ItemResult(index=index, error=Problem.of(CorruptImage("It is damaged.")))

    worker.analyze = analyze
    files = {f"{n:03}.jpg": b"broken" if n in (3, 50, 99) else jpeg for n in range(100)}
    answer = client.post(
        "/v1/jobs", data=zipped(files), content_type="application/zip", headers={"Prefer": "wait=30"}
    ).get_json()
    assert answer["state"] == "succeeded"
    assert [item["index"] for item in answer["items"]] == list(range(100))
    failed = {item["index"]: item["error"]["code"] for item in answer["items"] if item["error"]}
    assert failed == {3: "corrupt_image", 50: "corrupt_image", 99: "corrupt_image"}


def test_a_client_may_prefer_to_wait(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers={"Prefer": "wait=30"})
    assert (response.status_code, response.get_json()["state"]) == (200, "succeeded")
    assert response.headers["Preference-Applied"] == "wait=30"


def test_annotated_images_are_kept_on_request_only(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    job_id = client.post("/v1/jobs?annotate=true", data=jpeg, content_type="image/jpeg").get_json()["id"]
    assert client.get(f"/v1/jobs/{job_id}/items/0/annotated").get_json()["code"] == "annotated_not_found"
    annotate(jobs, job_id, b"drawn")
    response = client.get(f"/v1/jobs/{job_id}/items/0/annotated")
    assert (response.data, response.mimetype) == (b"drawn", "image/jpeg")


def test_a_cancellation_reaches_jobs_that_wait(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"] * 3, BULK)
    assert client.delete(f"/v1/jobs/{job.id}").get_json()["state"] == JobState.CANCELED
    assert jobs.open_bytes() == 0


@pytest.mark.parametrize(
    ("query", "content_type", "status"),
    [
        ("?priority=interactive", "image/jpeg", 429),
        ("", "image/jpeg", 202),
        ("", "multipart/form-data; boundary=x", 400),  # it may name the other queue
        ("?priority=wrong", "image/jpeg", 422),
    ],
)
def test_a_large_body_of_a_client_that_has_its_share_is_not_read(
    client: FlaskClient, jobs: JobStore, jpeg: bytes, query: str, content_type: str, status: int
) -> None:
    jobs.create([b"x"] * 100, INTERACTIVE, sender="127.0.0.1")
    body = CountedReads(jpeg.ljust(2_000_000, b"\0"))
    length = {"CONTENT_LENGTH": "2000000", "wsgi.input": body}
    answer = client.post(f"/v1/jobs{query}", content_type=content_type, environ_overrides=length)
    assert (answer.status_code, body.tell() > 0) == (status, status != 429)


class CountedReads(io.BytesIO):
    """A body that is not read to its end by closing the request."""


def test_a_gateway_with_faces_only_tells_no_emotion_that_a_worker_without_it_read(
    make_app: MakeApp, redis_url: str, settings: Settings, jobs: JobStore, jpeg: bytes
) -> None:
    client = make_app(faces_only=True).test_client()
    job = jobs.create([jpeg], BULK, options=JobOptions(annotate=True))
    assert annotate(jobs, job.id, b"drawn")
    location = f"/v1/jobs/{job.id}"
    assert client.get(f"{location}/items/0/annotated").status_code == 404, "what is drawn is not known yet"
    assert jobs.finish(job.id, "worker", [happy(0, jpeg)])
    with StandIn(redis_url, settings):
        answers = [
            client.post("/detect_emotion", data=jpeg, content_type="image/jpeg"),
            client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers={"Prefer": "wait=30"}),
        ]
    answers += [
        client.get(location),
        client.get(f"{location}/events"),
        client.delete(f"/v1/jobs/{submit(client, jpeg)}"),
    ]
    for answer in answers:
        assert answer.status_code < 300
        assert not any(f'"{label}"' in answer.text.replace("\\", "") for label in EMOTIONS)
    assert client.get(location).get_json()["items"][0]["result"]["faces"], "faces are told"
    assert client.get(f"{location}/items/0/annotated").status_code == 404
    bare = jobs.create([jpeg], BULK, options=JobOptions(annotate=True))
    assert annotate(jobs, bare.id, b"boxes")
    analysis = happy(0, jpeg).analysis
    assert analysis is not None
    assert jobs.finish(bare.id, "worker", [ItemResult(index=0, analysis=analysis.without_emotions())])
    address = client.get(f"/v1/jobs/{bare.id}").get_json()["items"][0]["annotated"]
    assert client.get(address).data == b"boxes"


@pytest.mark.parametrize(("field", "value"), [("state", "paused"), ("version", "3"), ("items", '[{"index": "first"}]')])
def test_a_job_of_a_version_that_cannot_be_read_is_told_as_such(
    client: FlaskClient, redis: Redis, jpeg: bytes, field: str, value: str
) -> None:
    job_id = submit(client, jpeg)
    redis.hset(keys.job(job_id), field, value)
    for look in (f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}?wait=1", f"/v1/jobs/{job_id}/events"):
        answer = client.get(look)
        assert (answer.status_code, answer.get_json()["code"]) == (503, "record_unreadable")
        assert answer.headers["Retry-After"]
        assert field in answer.get_json()["detail"]


def test_what_a_newer_version_added_to_a_job_is_not_told(client: FlaskClient, redis: Redis, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    before = client.get(f"/v1/jobs/{job_id}").get_json()
    redis.hset(keys.job(job_id), mapping={"added": "1", "options": '{"added": [1]}'})
    answer = client.get(f"/v1/jobs/{job_id}")
    assert (answer.status_code, answer.get_json()) == (200, before)
