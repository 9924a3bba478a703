"""A request for a job: what is checked at once, and what only by a worker."""

import pytest
from flask.testing import FlaskClient

from contracts.storage.jobs import JobStore
from support.gateway import zipped


def test_a_single_image_is_checked_at_once(client: FlaskClient, jobs: JobStore) -> None:
    response = client.post("/v1/jobs", data=b"no image", content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (422, "not_an_image")
    assert jobs.open_count() == 0


def test_of_several_one_that_is_wrong_is_told_with_the_results(client: FlaskClient, jpeg: bytes) -> None:
    data = zipped({"a.jpg": jpeg, "b.jpg": b"no image"})
    assert client.post("/v1/jobs", data=data, content_type="application/zip").status_code == 202


def test_a_webhook_inside_the_network_is_refused(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    response = client.post("/v1/jobs?webhook=http://10.0.0.1/", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (422, "webhook_refused")
    assert jobs.open_count() == 0


@pytest.mark.parametrize("where", ["query", "form"])
def test_an_option_in_the_query_wins_over_the_body(client: FlaskClient, jpeg: bytes, where: str) -> None:
    import io

    form = {"images": (io.BytesIO(jpeg), "a.jpg"), "priority": "bulk"}
    query = "?priority=interactive" if where == "query" else ""
    answer = client.post(f"/v1/jobs{query}", data=form).get_json()
    assert answer["queue"] == ("interactive" if where == "query" else "bulk")
