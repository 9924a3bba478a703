"""The table in ``docs/architecture.md`` that follows an image through the gateway: held against a real request."""

import base64
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from api.app import create_app
from api.services import services_of
from contracts.settings import Settings

ROOT = Path(__file__).parents[2]
ASKED = ("api/http/", "api/access/", "api/overload/", "contracts/")
ASKED_FILES = {
    "api/services.py",
    "api/requests/bodies.py",
    "api/requests/offload.py",
    "api/requests/options.py",
    "api/requests/query.py",
    "api/jobs/idempotency.py",
    "api/jobs/waiting.py",
    "models/images/exif.py",
}
"""What is asked on the way and does not look at the image; `offload` runs another file's function on a thread."""


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    services_of(app).close()


def documented() -> list[str]:
    """The files of the table, in its order."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = page.partition("## An image, from the route to the stored job")[2].partition("\n## ")[0]
    return re.findall(r"^\| \[`([^`]+)`\]", section, re.MULTILINE)


def entered(app: Flask) -> list[str]:
    """Our files in the order in which a request for a job first calls one of their functions."""
    buffer, found = io.BytesIO(), list[str]()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    body = {"image": base64.b64encode(buffer.getvalue()).decode()}
    client = app.test_client()

    def note(frame: FrameType, event: str, _: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(ROOT):
            name = file.relative_to(ROOT).as_posix()
            if name.startswith(("api/", "contracts/", "models/")) and name not in found:
                found.append(name)

    sys.setprofile(note)
    try:
        response = client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "k"})
    finally:
        sys.setprofile(None)
    assert response.status_code == 202
    return found


def test_an_image_goes_through_at_most_eight_files_and_none_twice() -> None:
    files = documented()
    assert 0 < len(files) <= 8
    assert len(set(files)) == len(files)


def test_a_request_goes_the_way_that_is_documented(app: Flask) -> None:
    files, way = documented(), entered(app)
    assert [name for name in way if name in files] == files
    others = [name for name in way if name not in files and name not in ASKED_FILES and not name.startswith(ASKED)]
    assert others == [], "files that see the image, or that are asked, and are not named"
