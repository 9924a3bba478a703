"""Submitting jobs: every form of body, options, archives, idempotency, holding back."""

import base64
import io
import json
import struct
import threading
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from api.app import create_app
from api.overload.admission import Admission
from api.services import services_of
from contracts.errors import CorruptImage, Overloaded
from contracts.jobs import ItemResult, JobState, Problem
from contracts.metrics import IMAGES_ANALYZED, JOBS_FINISHED, STAGE_SECONDS, metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def post_zip(client: FlaskClient, data: bytes, query: str = "") -> Any:
    return client.post(f"/v1/jobs{query}", data=data, content_type="application/zip")


FORMS = {
    "JSON list": lambda images: {"json": {"images": [base64.b64encode(i).decode() for i in images]}},
    "files": lambda images: {"data": {"images": [(io.BytesIO(i), f"{n}.jpg") for n, i in enumerate(images)]}},
    "ZIP": lambda images: {
        "data": zipped({f"{n}.jpg": i for n, i in enumerate(images)}),
        "content_type": "application/zip",
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_many_images_are_stored_in_order(client: FlaskClient, jobs: JobStore, form: str) -> None:
    images = [b"first", b"second", b"third " + bytes(range(256))]
    response = client.post("/v1/jobs", **FORMS[form](images))
    assert response.status_code == 202, response.text
    assert response.get_json()["image_count"] == 3
    assert jobs.images(response.get_json()["id"]) == images
    assert jobs.open_bytes() == sum(map(len, images))


def test_one_corrupt_image_never_fails_its_siblings(client: FlaskClient, worker: Any, jpeg: bytes) -> None:
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


def test_a_client_may_prefer_to_wait(client: FlaskClient, worker: Any, jpeg: bytes) -> None:
    response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers={"Prefer": "wait=30"})
    assert (response.status_code, response.get_json()["state"]) == (200, "succeeded")
    assert response.headers["Preference-Applied"] == "wait=30"


OPTIONS = {"priority": "interactive", "annotate": True, "deadline": 60, "metadata": {"album": [1, {"a": "ü"}]}}


@pytest.mark.parametrize("way", ["JSON", "form", "query"])
def test_options_come_as_the_body_has_room_for_them(client: FlaskClient, jobs: JobStore, jpeg: bytes, way: str) -> None:
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in OPTIONS.items()}
    if way == "JSON":
        body = {"image": base64.b64encode(jpeg).decode(), **OPTIONS}
        response = client.post("/v1/jobs", json=body)
    elif way == "form":
        response = client.post("/v1/jobs", data={"images": (io.BytesIO(jpeg), "a.jpg"), **texts})
    else:
        response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", query_string=texts)
    assert response.status_code == 202, response.text
    job = jobs.get(response.get_json()["id"])
    assert (job.queue, job.options.annotate, job.options.metadata) == (INTERACTIVE, True, OPTIONS["metadata"])
    assert job.deadline_at is not None
    assert 55 < job.deadline_at - job.created_at <= 60.1
    assert response.get_json()["metadata"] == OPTIONS["metadata"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("priority=urgent", "priority"),
        ("deadline=-1", "deadline"),
        ("webhook=ftp://x", "webhook"),
        ("metadata={", "metadata"),
        ("metadata=[1]", "metadata"),
        ('metadata={"a":1e999}', "metadata"),
        ('metadata={"a":"' + "x" * 9_000 + '"}', "metadata"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_option_is_named(client: FlaskClient, jobs: JobStore, jpeg: bytes, query: str, name: str) -> None:
    response = client.post(f"/v1/jobs?{query}", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (422, "malformed_request")
    assert response.get_json()["field"] == name
    assert jobs.open_count() == 0


def encrypted() -> bytes:
    data = bytearray(zipped({"a.jpg": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def crowded_directory() -> bytes:
    """An archive whose end promises a directory of 400 MB."""
    data = bytearray(zipped({"a.jpg": b"x"}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 400_000_000)
    return bytes(data)


HOSTILE = {
    "a bomb": (zipped({"a.png": b"\0" * 60_000_000}, zipfile.ZIP_DEFLATED), 422, "invalid_archive", "50,000,000"),
    "paths upwards": (zipped({"../../etc/passwd": b"x"}), 422, "invalid_archive", "outside itself"),
    "a Windows path": (zipped({"C:\\x.jpg": b"x"}), 422, "invalid_archive", "outside itself"),
    "an absolute path": (zipped({"/etc/passwd": b"x"}), 422, "invalid_archive", "outside itself"),
    "encrypted": (encrypted(), 422, "invalid_archive", "encrypted"),
    "another method": (zipped({"a.jpg": b"x"}, zipfile.ZIP_LZMA), 422, "invalid_archive", "deflate"),
    "not a ZIP": (b"PK and then nothing", 422, "invalid_archive", "no ZIP"),
    "cut off": (zipped({"a.jpg": b"x" * 1_000})[:-30], 422, "invalid_archive", "no ZIP"),
    "damaged inside": (zipped({"a.jpg": b"x" * 999}).replace(b"xxx", b"yyy", 1), 422, "invalid_archive", "unpacked"),
    "a crowd": (zipped({f"{n}.jpg": b"x" for n in range(101)}), 413, "too_many_images", "101"),
    "a directory of 400 MB": (crowded_directory(), 413, "too_many_images", "entries"),
    "empty": (zipped({}), 400, "empty_body", "no files"),
    "only folders": (zipped({"a/": b"", "__MACOSX/a.jpg": b"x", ".DS_Store": b"x"}), 400, "empty_body", "no files"),
    "no body": (b"", 400, "empty_body", "no body"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused(client: FlaskClient, jobs: JobStore, redis: Redis, case: str) -> None:
    data, status, code, words = HOSTILE[case]
    response = post_zip(client, data)
    assert (response.status_code, response.get_json()["code"]) == (status, code)
    assert words in response.get_json()["error"]
    assert (jobs.open_count(), jobs.open_bytes()) == (0, 0)
    assert redis.llen(BULK) == 0


def test_the_same_key_and_request_are_the_same_job(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    def post(query: str = "", body: bytes = jpeg) -> Any:
        headers = {"Idempotency-Key": "order-17"}
        return client.post(f"/v1/jobs{query}", data=body, content_type="image/jpeg", headers=headers)

    first = post().get_json()["id"]
    assert post().get_json()["id"] == first
    assert jobs.open_count() == 1
    other = post("?priority=interactive")
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_conflict")


def test_a_key_is_free_again_once_its_job_is_forgotten(client: FlaskClient, redis: Redis, jpeg: bytes) -> None:
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers).get_json()["id"]
    redis.delete(keys.job(first))
    second = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
    assert second.status_code == 202
    assert second.get_json()["id"] != first


def test_a_key_is_not_used_up_by_a_refusal(settings: Settings, redis: Redis, jpeg: bytes) -> None:
    app = create_app(settings.model_copy(update={"max_queue_depth": 1}))
    client = app.test_client()
    redis.rpush(BULK, "somebody else's")
    post = lambda: client.post(  # noqa: E731
        "/v1/jobs", data=jpeg, content_type="image/jpeg", headers={"Idempotency-Key": "k"}
    )
    assert post().status_code == 503
    redis.delete(BULK)
    assert post().status_code == 202
    services_of(app).close()


def test_fifty_duplicates_at_once_are_one_analysis(app: Flask, worker: Any, jpeg: bytes) -> None:
    start, ids = threading.Barrier(50), []

    def post() -> None:
        client = app.test_client()
        start.wait()
        headers = {"Idempotency-Key": "once", "Prefer": "wait=30"}
        response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
        ids.append((response.get_json()["id"], response.get_json()["state"]))

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 50
    assert len(set(ids)) == 1
    assert len(worker.seen) == 1


def test_a_deadline_that_passes_ends_the_wait_and_the_job(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    created = client.post("/v1/jobs?deadline=0.05", data=jpeg, content_type="image/jpeg").get_json()
    assert client.get(f"/v1/jobs/{created['id']}?wait=60").get_json()["state"] == "expired"
    assert (jobs.images(created["id"]), jobs.open_bytes()) == ([], 0)


def test_too_many_waiting_bytes_are_overload(settings: Settings, redis: Redis, jpeg: bytes) -> None:
    app = create_app(settings.model_copy(update={"max_open_bytes": 1_000}))
    redis.set(keys.OPEN_BYTES, 1_000)
    response = app.test_client().post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (503, "overloaded")
    services_of(app).close()


def test_the_predicted_wait_follows_from_the_pace_that_was_measured(app: Flask, redis: Redis, jpeg: bytes) -> None:
    counted = {
        IMAGES_ANALYZED: 10,
        metric_key(JOBS_FINISHED, state="succeeded"): 5,
        metric_key(STAGE_SECONDS, stage="detect"): 40,
    }
    CounterStore(redis).add(counted)  # 4 s an image, two images a job
    redis.rpush(INTERACTIVE, *(["a message"] * 5))
    client = app.test_client()
    response = client.post("/v1/jobs?priority=interactive", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "37"), "until the wait is below 3 s"
    assert "about 40 s" in response.get_json()["error"]
    assert client.post("/v1/jobs", data=jpeg, content_type="image/jpeg").status_code == 202, "bulk has its own queue"


def test_the_pace_is_that_of_lately_and_not_of_all_time(settings: Settings, redis: Redis) -> None:
    settings = settings.model_copy(update={"max_interactive_wait_s": 1.0})
    now, counters = [0.0], CounterStore(redis)
    admission = Admission(settings, JobStore(redis, settings), counters, HeartbeatStore(redis), clock=lambda: now[0])
    redis.rpush(INTERACTIVE, *(["a message"] * 5))
    counters.add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 40})
    with pytest.raises(Overloaded, match="about 20 s"):
        admission.check(INTERACTIVE)
    counters.add({IMAGES_ANALYZED: 100, metric_key(STAGE_SECONDS, stage="detect"): 1})
    now[0] += 2
    admission.check(INTERACTIVE)
    now[0] += 2
    admission.check(INTERACTIVE)  # nothing new was measured: the pace is kept
    redis.delete(keys.COUNTERS)
    counters.add({IMAGES_ANALYZED: 1, metric_key(STAGE_SECONDS, stage="detect"): 4})
    now[0] += 2
    with pytest.raises(Overloaded, match="about 20 s"):
        admission.check(INTERACTIVE)


def events(text: str) -> list[tuple[str, str]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            assert json.loads(lines["data"])["state"] == lines["event"]
            found.append((lines["id"], lines["event"]))
    return found


def test_events_tell_a_jobs_life_and_resume(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"], BULK)
    address = f"/v1/jobs/{job.id}/events"
    response = client.get(address)
    chunks = (chunk.decode() for chunk in response.iter_encoded())
    assert next(chunks) == "retry: 2000\n\n"
    assert events(next(chunks)) == [("1", "queued")]
    jobs.claim(job.id, "w")
    assert events(next(chunks)) == [("2", "running")]
    jobs.finish(job.id, "w", [])
    assert events(next(chunks)) == [("3", "succeeded")]
    assert list(chunks) == []
    resumed = client.get(address, headers={"Last-Event-ID": "1"})
    assert events(resumed.text) == [("3", "succeeded")]
    assert client.get(address, headers={"Last-Event-ID": "3"}).status_code == 204
    assert client.get("/v1/jobs/never/events").status_code == 404


def test_annotated_images_are_kept_on_request_only(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    job_id = client.post("/v1/jobs?annotate=true", data=jpeg, content_type="image/jpeg").get_json()["id"]
    assert client.get(f"/v1/jobs/{job_id}/items/0/annotated").get_json()["code"] == "annotated_not_found"
    jobs.put_annotated(job_id, 0, b"drawn")
    response = client.get(f"/v1/jobs/{job_id}/items/0/annotated")
    assert (response.data, response.mimetype) == (b"drawn", "image/jpeg")


def test_a_cancellation_reaches_jobs_that_wait(client: FlaskClient, jobs: JobStore) -> None:
    job = jobs.create([b"x"] * 3, BULK)
    assert client.delete(f"/v1/jobs/{job.id}").get_json()["state"] == JobState.CANCELED
    assert jobs.open_bytes() == 0
