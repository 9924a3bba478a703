"""Memory for bodies: taken before they are read, and given back whatever becomes of them."""

import io

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


def test_a_body_counts_as_it_arrives_and_not_as_it_is_declared(make_app: MakeApp, jpeg: bytes) -> None:
    app = make_app(max_intake_bytes=5_000, max_job_bytes=10_000)
    limiter, seen = services_of(app).body_limiter, list[int]()

    class Slow(io.BytesIO):
        """A body that ends early, of a client that declared more."""

        def read(self, size: int | None = -1) -> bytes:
            seen.append(limiter.in_use)
            return super().read(100 if size is None or size < 0 else min(size, 100))

    body = Slow(jpeg[:350])
    app.test_client().post(
        "/v1/jobs", content_type="image/jpeg", input_stream=body, environ_overrides={"CONTENT_LENGTH": "4000"}
    )
    assert seen[:4] == [0, 100, 200, 300]
    assert limiter.in_use == 0


def test_what_does_not_fit_beside_another_body_is_refused_on_the_way(make_app: MakeApp, jpeg: bytes) -> None:
    app = make_app(max_intake_bytes=1_000, client_share=1)
    limiter = services_of(app).body_limiter

    class Crowded(io.BytesIO):
        """A body beside which another one arrives."""

        def read(self, size: int | None = -1) -> bytes:
            limiter.acquire(900)
            return super().read(size)

    crowded = Crowded(jpeg.ljust(900))
    headers = {"CONTENT_LENGTH": "900", "wsgi.input_terminated": True}
    refused = app.test_client().post(
        "/detect_emotion", content_type="image/jpeg", input_stream=crowded, environ_overrides=headers
    )
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert "MIEN_MAX_INTAKE_BYTES" in refused.get_json()["detail"]
