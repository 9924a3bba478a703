"""Bodies as views declare them: what is described is what is taken."""

import base64
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.requests import bodies
from contracts.settings import Settings
from support.gateway import MakeApp, zipped


def body(kind: str, jpeg: bytes) -> dict[str, Any]:
    """A body of this content type."""
    if kind == "application/json":
        return {"json": {"image": base64.b64encode(jpeg).decode()}}
    if kind == "multipart/form-data":
        return {"data": {"image": (io.BytesIO(jpeg), "a.jpg")}, "content_type": kind}
    data = zipped({"a.jpg": jpeg}) if kind == "application/zip" else jpeg
    return {"data": data, "content_type": kind}


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "multipart/form-data",
        "application/zip",
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/avif",
        "image/heic",
    ],
)
def test_every_content_type_that_is_described_is_taken(client: FlaskClient, jpeg: bytes, kind: str) -> None:
    assert kind in bodies.JOB.content(Settings())
    assert client.post("/v1/jobs", **body(kind, jpeg)).status_code == 202
    if kind != "application/zip":
        assert kind in bodies.PHOTO.content(Settings())


def test_a_photo_is_no_archive(client: FlaskClient, jpeg: bytes) -> None:
    assert "application/zip" not in bodies.PHOTO.content(Settings())
    assert (
        client.post("/detect_emotion", **body("application/zip", jpeg)).get_json()["code"] == "unsupported_media_type"
    )


def test_json_has_the_lower_limit(make_app: MakeApp, jpeg: bytes) -> None:
    app: Flask = make_app(max_body_bytes=100_000, max_job_bytes=400_000)
    files = {"images": (io.BytesIO(jpeg.ljust(200_000, b"\0")), "a.jpg")}
    assert app.test_client().post("/v1/jobs", data=files).status_code == 202
    response = app.test_client().post("/v1/jobs", json={"image": "A" * 200_000})
    assert (response.status_code, response.get_json()["code"]) == (413, "payload_too_large")
    assert "100,000" in response.get_json()["error"]
