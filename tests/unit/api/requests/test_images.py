"""Many images in every form of body."""

import base64
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from api.requests.images import read_image
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.gateway import StandIn, zipped
from support.memory import traced_memory

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


def named_json(images: dict[str, bytes]) -> dict[str, Any]:
    listed = [{"image": base64.b64encode(image).decode(), "name": name} for name, image in images.items()]
    return {"json": {"images": listed}}


NAMED = {
    "JSON list": named_json,
    "files": lambda images: {"data": {"images": [(io.BytesIO(image), name) for name, image in images.items()]}},
    "ZIP": lambda images: {"data": zipped(images), "content_type": "application/zip"},
}


@pytest.mark.parametrize("form", NAMED)
def test_items_give_back_the_names_of_their_files(client: FlaskClient, worker: StandIn, jpeg: bytes, form: str) -> None:
    names = ["one.jpg", "two (1).jpg", "Größe 3.jpg"]
    response = client.post("/v1/jobs", **NAMED[form](dict.fromkeys(names, jpeg)), headers={"Prefer": "wait=30"})
    assert response.status_code == 200, response.text
    assert [(item["index"], item["name"]) for item in response.get_json()["items"]] == list(enumerate(names))


def test_names_in_an_archive_have_their_folders(client: FlaskClient, worker: StandIn, jpeg: bytes) -> None:
    data = zipped({"album/": b"", "album/b.jpg": jpeg, "album/.hidden": b"x", "a.jpg": jpeg})
    answer = client.post("/v1/jobs", data=data, content_type="application/zip", headers={"Prefer": "wait=30"})
    assert [item["name"] for item in answer.get_json()["items"]] == ["album/b.jpg", "a.jpg"]


@pytest.mark.parametrize("form", ["raw", "JSON", "JSON with a name beside one without"])
def test_an_image_without_a_name_has_none(client: FlaskClient, worker: StandIn, jpeg: bytes, form: str) -> None:
    text = base64.b64encode(jpeg).decode()
    body: dict[str, Any] = {"data": jpeg, "content_type": "image/jpeg"}
    if form == "JSON":
        body = {"json": {"image": text}}
    elif form != "raw":
        body = {"json": {"images": [text, {"image": text, "name": "two.jpg"}, {"image": text, "name": None}]}}
    items = client.post("/v1/jobs", **body, headers={"Prefer": "wait=30"}).get_json()["items"]
    assert [item["name"] for item in items] == ([None, "two.jpg", None] if len(items) == 3 else [None])


@pytest.mark.parametrize(
    "image", [{"name": "a.jpg"}, {"image": "AAAA", "name": 1}, {"image": "AAAA", "title": "x"}, {}]
)
def test_a_named_image_of_another_shape_is_refused(client: FlaskClient, jobs: JobStore, image: dict[str, Any]) -> None:
    response = client.post("/v1/jobs", json={"images": ["AAAA", image]})
    assert (response.status_code, response.get_json()["code"]) == (422, "malformed_request")
    assert response.get_json()["field"] == "images[1]"
    assert jobs.open_count() == 0


def test_the_same_key_with_other_names_is_the_same_job(client: FlaskClient, jpeg: bytes) -> None:
    """Names are labels: a client that repeats a request may number its files anew."""

    def post(name: str) -> Any:
        data = {"images": (io.BytesIO(jpeg), name)}
        return client.post("/v1/jobs", data=data, headers={"Idempotency-Key": "k"}).get_json()["id"]

    assert post("a.jpg") == post("b.jpg")


@pytest.mark.parametrize("count", [101, 201, 1_000])
@pytest.mark.parametrize("form", FORMS)
def test_too_many_images_are_called_that_in_every_form_and_number(
    client: FlaskClient, jobs: JobStore, form: str, count: int
) -> None:
    response = client.post("/v1/jobs", **FORMS[form]([b"x"] * count))
    assert (response.status_code, response.get_json()["code"]) == (413, "too_many_images")
    assert "100" in response.get_json()["error"]
    assert jobs.open_count() == 0


def test_half_a_million_images_are_refused_before_they_are_looked_at(client: FlaskClient) -> None:
    body = b'{"images":[' + b"1," * 500_000 + b"1]}"
    with traced_memory() as memory:
        response = client.post("/v1/jobs", data=body, content_type="application/json")
    assert (response.status_code, response.get_json()["code"]) == (413, "too_many_images")
    assert memory.peak < 25_000_000


def test_a_large_image_is_in_memory_once(app: Flask, settings: Settings, jpeg: bytes) -> None:
    large = jpeg + bytes(9_000_000)
    with app.test_request_context("/", method="POST", data=large, content_type="image/jpeg") as context:
        with traced_memory() as memory:
            photo = read_image(context.request, settings)
        assert photo.images == [large]
    assert memory.peak < 1.5 * len(large)


@pytest.mark.parametrize(
    ("address", "body", "status", "field"),
    [
        ("/detect_emotion", {"json": {"images": ["AAAA"]}}, 422, "image"),
        ("/detect_emotion", {"json": {"image": {"image": "AAAA", "name": "a.jpg"}}}, 422, "image"),
        ("/detect_emotion", {"data": zipped({"a.jpg": b"x"}), "content_type": "application/zip"}, 415, None),
        ("/detect_emotion", {"data": {"x": "y"}, "content_type": "multipart/form-data"}, 422, "image"),
        ("/v1/jobs", {"data": {"x": "y"}, "content_type": "multipart/form-data"}, 422, "images"),
        ("/v1/jobs", {"json": {"image": "AAAA", "images": ["AAAA"]}}, 422, "images"),
    ],
)
def test_the_view_of_a_single_image_takes_no_lists_names_or_archives(
    client: FlaskClient, jobs: JobStore, address: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    response = client.post(address, **body)
    assert (response.status_code, response.get_json().get("field")) == (status, field)
    assert jobs.open_count() == 0


def test_the_pixels_of_a_photo_are_counted_where_it_is_checked(app: Flask, settings: Settings, jpeg: bytes) -> None:
    with app.test_request_context("/detect_emotion", method="POST", data=jpeg, content_type="image/jpeg") as context:
        photo = read_image(context.request, settings)
    with Image.open(io.BytesIO(jpeg)) as image:
        assert photo.pixels == image.width * image.height
