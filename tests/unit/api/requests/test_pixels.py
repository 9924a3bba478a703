"""The pixels of a job: added up from headers, and bounded."""

import io
import zipfile

import pytest
from PIL import Image

from api.requests.images import ImageList
from api.requests.pixels import MeasuredImages
from contracts.errors import ImageTooLarge
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.gateway import MakeApp


def test_pixels_are_added_up_as_images_are_taken(jpeg: bytes) -> None:
    measured = MeasuredImages(ImageList([jpeg, b"no image", jpeg]), Settings())
    assert list(measured) == [jpeg, b"no image", jpeg]
    assert list(measured) == [jpeg, b"no image", jpeg]
    assert measured.pixels == 2 * 64 * 64


def test_more_pixels_than_a_job_may_have_are_refused(jpeg: bytes) -> None:
    with pytest.raises(ImageTooLarge, match="MIEN_MAX_JOB_PIXELS"):
        list(MeasuredImages(ImageList([jpeg] * 3), Settings(max_job_pixels=2 * 64 * 64)))


def test_an_archive_of_empty_giants_is_not_accepted(make_app: MakeApp, jobs: JobStore) -> None:
    giant, archive = io.BytesIO(), io.BytesIO()
    Image.new("L", (7_000, 7_000)).save(giant, "PNG")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(40):
            file.writestr(f"{number}.png", giant.getvalue())
    answer = make_app().test_client().post("/v1/jobs", data=archive.getvalue(), content_type="application/zip")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "image_too_large")
    assert (jobs.open_count(), jobs.open_bytes()) == (0, 0)
