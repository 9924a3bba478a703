"""A photo in, its emotions out: every form of body, every kind of bad input, every way it can end."""

import base64
import io
import struct
import zlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from api.services import services_of
from contracts.errors import CorruptImage
from contracts.jobs import ItemResult, Job, Problem
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.gateway import NO_SERVER, MakeApp, StandIn, no_face


def huge_png(side: int) -> bytes:
    """A valid header that promises side x side pixels, and a megabyte that never needs to be read."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"\0" * 1_000_000)


def image_gif() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("P", (8, 8)).save(buffer, "GIF")
    return buffer.getvalue()


def as_base64(data: bytes) -> dict[str, Any]:
    return {"json": {"image": base64.b64encode(data).decode()}}


FORMS = {
    "base64": as_base64,
    "base64 in lines": lambda d: {"json": {"image": base64.encodebytes(d).decode()}},
    "url-safe, unpadded": lambda d: {"json": {"image": base64.urlsafe_b64encode(d).decode().rstrip("=")}},
    "data URI": lambda d: {"json": {"image": "data:image/jpeg;base64," + base64.b64encode(d).decode()}},
    "byte values": lambda d: {"json": {"image": list(d)}},
    "raw": lambda d: {"data": d, "content_type": "image/jpeg"},
    "octets": lambda d: {"data": d, "content_type": "application/octet-stream"},
    "file": lambda d: {"data": {"image": (io.BytesIO(d), "me.jpg")}},
    "file by another name": lambda d: {"data": {"photo": (io.BytesIO(d), "me.jpg")}},
    "text in a form": lambda d: {
        "data": {"image": base64.b64encode(d).decode()},
        "content_type": "multipart/form-data",
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_body_gives_the_same_answer(client: FlaskClient, worker: StandIn, jpeg: bytes, form: str) -> None:
    response = client.post("/detect_emotion", **FORMS[form](jpeg))
    assert response.status_code == 200, response.text
    answer = response.get_json()
    assert worker.seen == [[jpeg]], "the worker gets the very bytes that were sent"
    assert (answer["emotion"], answer["confidence"]) == ("Happy", 0.94)
    (face,) = answer["faces"]
    assert face["box"] == {"x": 10, "y": 12, "width": 40, "height": 44}
    assert (face["emotion"], face["confidence"], face["scores"]["Angry"]) == ("Happy", 0.94, 0.01)
    assert (answer["model"], answer["labels"], answer["message"]) == ("classic-1", "fer2013", None)
    assert answer["smallest_face_px"] == 23
    assert client.get(f"/v1/jobs/{response.headers['Mien-Job']}").get_json()["state"] == "succeeded"


def test_the_same_picture_gets_the_same_bytes(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    one, other = (client.post("/detect_emotion", data=jpeg, content_type="image/jpeg") for _ in range(2))
    assert one.data == other.data
    assert one.headers["Mien-Job"] != other.headers["Mien-Job"]


def test_the_job_of_a_photo_in_a_form_has_its_name(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    response = client.post("/detect_emotion", data={"image": (io.BytesIO(jpeg), "me.jpg")})
    (item,) = client.get(f"/v1/jobs/{response.headers['Mien-Job']}").get_json()["items"]
    assert item["name"] == "me.jpg"


def test_without_a_face_the_answer_says_so(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    worker.analyze = no_face
    response = client.post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    answer = response.get_json()
    assert response.status_code == 200
    assert (answer["emotion"], answer["confidence"], answer["faces"]) == (None, None, [])
    assert answer["message"] == "No face was found in the image."


TRUNCATED_HEADER = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
BAD: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "empty body": ({"data": b"", "content_type": "image/jpeg"}, 400, "empty_body", "no body"),
    "empty image": ({"json": {"image": ""}}, 400, "empty_body", "empty"),
    "empty form": ({"data": {}, "content_type": "multipart/form-data"}, 400, "empty_body", "form is empty"),
    "not JSON": ({"data": "{image", "content_type": "application/json"}, 400, "not_json", "not valid JSON"),
    "bottomless JSON": ({"data": "[" * 9_999, "content_type": "application/json"}, 400, "not_json", "not valid JSON"),
    "not base64": ({"json": {"image": "hello, world!"}}, 422, "not_base64", "neither base64 nor a data URI"),
    "not base64 in Greek": ({"json": {"image": "γειά"}}, 422, "not_base64", "neither base64"),
    "a data URI of text": ({"json": {"image": "data:text/plain,hello"}}, 422, "not_base64", "data URI"),
    "text as image": (as_base64(b"This is not a picture."), 422, "not_an_image", "no image"),
    "damaged header": (as_base64(TRUNCATED_HEADER), 422, "corrupt_image", "damaged"),
    "30,000 x 30,000 pixels": (as_base64(huge_png(30_000)), 413, "image_too_large", "50,000,000"),
    "20 MB": ({"data": b"x" * 20_000_000, "content_type": "image/jpeg"}, 413, "payload_too_large", "10,000,000"),
    "a page": ({"data": "<p>", "content_type": "text/html"}, 415, "unsupported_media_type", "text/html"),
    "no content type": ({"data": b"abc"}, 415, "unsupported_media_type", "(none)"),
    "a JSON list": ({"json": ["image"]}, 422, "malformed_request", "JSON object"),
    "no image member": ({"json": {"picture": "abcd"}}, 422, "malformed_request", 'no member "image"'),
    "a number as image": ({"json": {"image": 17}}, 422, "malformed_request", "list of byte values"),
    "a form without a file": (
        {"data": {"x": "y"}, "content_type": "multipart/form-data"},
        422,
        "malformed_request",
        "no file",
    ),
    "300 in a list": ({"json": {"image": [255, 216, 300]}}, 422, "not_byte_values", "300"),
    "a fraction in a list": ({"json": {"image": [255, 1.5]}}, 422, "not_byte_values", "whole numbers"),
    "true in a list": ({"json": {"image": [True]}}, 422, "not_byte_values", "whole numbers"),
    "GIF": ({"data": image_gif(), "content_type": "image/gif"}, 415, "unsupported_image_format", "GIF"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_its_own_code_and_sentence(client: FlaskClient, jobs: JobStore, case: str) -> None:
    request, status, code, words = BAD[case]
    response = client.post("/detect_emotion", **request)
    problem = response.get_json()
    assert (response.status_code, problem["code"]) == (status, code)
    assert response.mimetype == "application/problem+json"
    assert words in problem["error"]
    assert problem["error"] == problem["detail"]
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{code}"
    assert jobs.open_count() == 0, "nothing was stored"


def test_damage_that_only_the_worker_sees_is_answered_alike(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    error = Problem.of(CorruptImage("The image ends too early."))
    worker.analyze = lambda index, image: ItemResult(index=index, error=error)
    response = client.post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (422, "corrupt_image")
    assert response.get_json()["error"] == "The image ends too early."


def test_a_job_that_takes_too_long_goes_on_and_its_id_is_handed_out(make_app: MakeApp, jpeg: bytes) -> None:
    app = make_app(sync_timeout_s=0.05)
    response = app.test_client().post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    body = response.get_json()
    assert (response.status_code, body["state"]) == (202, "queued")
    assert response.headers["Location"] == body["location"] == f"/v1/jobs/{body['job']}"


@pytest.mark.parametrize(
    ("state", "status", "code"), [("canceled", 409, "job_canceled"), ("expired", 504, "deadline_exceeded")]
)
def test_a_job_that_ends_without_analysis_is_an_error(
    app: Flask,
    client: FlaskClient,
    redis: Redis,
    jpeg: bytes,
    state: str,
    status: int,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submission = services_of(app).submission
    submit = submission.submit

    def end_at_once(*args: Any, **more: Any) -> Job:
        job = submit(*args, **more)
        redis.hset(keys.job(job.id), "state", state)
        return job

    monkeypatch.setattr(submission, "submit", end_at_once)
    response = client.post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (status, code)


def test_a_full_queue_is_overload_with_a_time_to_come_back(
    make_app: MakeApp, jobs: JobStore, redis: Redis, jpeg: bytes
) -> None:
    app = make_app(max_queue_depth=1)
    redis.zadd(keys.queued("interactive"), {"another": 0})
    response = app.test_client().post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (503, "overloaded")
    assert int(response.headers["Retry-After"]) >= 1
    assert jobs.open_count() == 0


def test_without_a_broker_nothing_is_promised(make_app: MakeApp, jpeg: bytes) -> None:
    app = make_app(redis_url=NO_SERVER)
    response = app.test_client().post("/detect_emotion", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (503, "broker_unavailable")
    assert int(response.headers["Retry-After"]) >= 1
