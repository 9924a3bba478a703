"""Health: whether the process answers, and whether it can do its work."""

import time

import pytest
from flask.testing import FlaskClient
from redis import Redis

from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from support.gateway import NO_SERVER, MakeApp


@pytest.fixture
def reported(redis: Redis) -> WorkerReport:
    worker = WorkerReport(
        name="w1",
        pid=1,
        host="h",
        threads=2,
        detector="lite",
        model="classic-1",
        runtime="litert",
        started_at=time.time(),
        reported_at=time.time(),
    )
    HeartbeatStore(redis).report(worker)
    return worker


@pytest.mark.parametrize("address", ["/ping", "/livez"])
def test_alive_needs_no_other_process(make_app: MakeApp, address: str) -> None:
    app = make_app(redis_url=NO_SERVER)
    assert app.test_client().get(address).get_json() == {"status": "ok"}


def test_ready_with_a_broker_and_a_worker(client: FlaskClient, reported: WorkerReport, redis: Redis) -> None:
    assert client.get("/readyz").status_code == 200
    HeartbeatStore(redis).remove(reported.name)
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["code"]) == (503, "not_ready")
    assert response.get_json()["checks"] == {
        "broker": "ok",
        "workers": "no worker has reported within the last seconds",
        "frames": "ok",
    }


def test_not_ready_without_a_broker(make_app: MakeApp) -> None:
    app = make_app(redis_url=NO_SERVER)
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert "does not answer" in response.get_json()["checks"]["broker"]
