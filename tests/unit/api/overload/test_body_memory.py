"""Memory for bodies: taken before they are read, and given back whatever becomes of them."""

import pytest
from flask import Flask

from api.services import services_of
from contracts.storage.jobs import JobStore
from support.gateway import MakeApp, StandIn


@pytest.mark.parametrize("address", ["/detect_emotion", "/v1/jobs"])
@pytest.mark.parametrize("limiter", ["body_limiter", "store_limiter"])
def test_a_full_gateway_answers_without_storing_anything(
    make_app: MakeApp, jobs: JobStore, worker: StandIn, jpeg: bytes, address: str, limiter: str
) -> None:
    app = make_app(max_intake_bytes=1_000, max_intake_jobs=1)
    client = app.test_client()
    leave = getattr(services_of(app), limiter).acquire(1_000)
    refused = client.post(address, data=jpeg, content_type="image/jpeg")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert jobs.open_count() == 0
    leave()
    assert client.post(address, data=jpeg, content_type="image/jpeg").status_code in (200, 202)
    assert services_of(app).body_limiter.in_use == 0
    assert services_of(app).store_limiter.in_use == 0


def test_a_body_that_cannot_be_used_gives_its_room_back(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/detect_emotion", data=b"no image", content_type="image/jpeg").status_code == 422
    assert services_of(app).body_limiter.in_use == 0
