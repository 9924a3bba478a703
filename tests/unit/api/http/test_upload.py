"""Forms: as many files as a job may have images, and no more fields or bytes than are allowed."""

import io

from support.gateway import MakeApp, StandIn


def files(count: int) -> dict[str, object]:
    """A form of so many files."""
    return {"data": {"images": [(io.BytesIO(b"x"), f"{n}.jpg") for n in range(count)]}}


def test_as_many_files_as_the_setting_allows_are_taken_from_a_form(make_app: MakeApp) -> None:
    client = make_app(max_job_images=300).test_client()
    assert client.post("/v1/jobs", **files(300)).status_code == 202
    assert client.post("/v1/jobs", **files(301)).get_json()["code"] == "too_many_images"


def test_a_form_of_too_many_fields_or_bytes_is_too_large(make_app: MakeApp) -> None:
    client = make_app(max_body_bytes=10_000, max_job_bytes=20_000).test_client()
    fields = {f"field{n}": "x" for n in range(300)}
    for data in (fields, {"image": "A" * 15_000}, {"images": (io.BytesIO(b"x" * 30_000), "a.jpg")}):
        response = client.post("/v1/jobs", data=data, content_type="multipart/form-data")
        assert (response.status_code, response.get_json()["code"]) == (413, "payload_too_large")


def test_a_photo_in_a_form_of_several_files_is_the_first(make_app: MakeApp, worker: StandIn, jpeg: bytes) -> None:
    client = make_app(max_job_images=2).test_client()
    several = {"image": (io.BytesIO(jpeg), "a.jpg"), "more": [(io.BytesIO(b"x"), f"{n}.jpg") for n in range(3)]}
    assert client.post("/detect_emotion", data=several).status_code == 200
    assert worker.seen == [[jpeg]]
