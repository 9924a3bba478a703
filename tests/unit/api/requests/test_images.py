"""Many images in every form of body."""

import base64
import io

import pytest
from flask.testing import FlaskClient

from contracts.storage.jobs import JobStore
from support.gateway import zipped

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
