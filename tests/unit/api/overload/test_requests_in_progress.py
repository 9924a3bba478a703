"""Requests of a client that are served at once, by the address that a proxy forwards."""

from typing import Any

from api.services import services_of
from contracts.queues import INTERACTIVE
from contracts.storage.jobs import JobStore
from support.gateway import MakeApp

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


def test_a_client_behind_a_proxy_has_a_share_of_its_connections(make_app: MakeApp, jobs: JobStore, jpeg: bytes) -> None:
    app = make_app(trusted_proxies="10.0.0.1", max_connections=8, client_share=0.25)
    client, job = app.test_client(), jobs.create([jpeg], INTERACTIVE)

    def ask(address: str, path: str = f"/v1/jobs/{job.id}") -> Any:
        return client.get(path, headers={"X-Forwarded-For": address}, environ_overrides=PROXY)

    flood = [services_of(app).requests.acquire(1, "192.0.2.1") for _ in range(2)]
    refused = ask("192.0.2.1")
    assert (refused.status_code, refused.get_json()["code"]) == (429, "quota_exceeded")
    assert "MIEN_MAX_CONNECTIONS" in refused.get_json()["error"]
    assert [ask("192.0.2.2").status_code for _ in range(9)] == [200] * 9, "each is over before the next one"
    assert ask("192.0.2.1", "/livez").status_code == 200
    flood[0]()
    assert ask("192.0.2.1").status_code == 200


def test_a_request_that_fails_is_over_as_well(make_app: MakeApp) -> None:
    app = make_app()
    assert app.test_client().get("/v1/jobs/never").status_code == 404
    assert services_of(app).requests.in_use == 0
