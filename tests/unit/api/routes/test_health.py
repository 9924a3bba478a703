"""Health: whether the process answers, whether it takes requests, and whether the system is whole."""

import json
import time

import pytest
from flask.testing import FlaskClient
from redis import Redis

from api.services import services_of
from contracts.queues import BULK
from contracts.results import NO_MODEL
from contracts.storage import keys
from contracts.storage.heartbeat import UNTAKEN_AFTER_S, HeartbeatStore, WorkerReport
from support.clocks import ManualClock
from support.gateway import NO_SERVER, MakeApp
from support.replica import demoted


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


@pytest.mark.parametrize("url", [None, NO_SERVER])
def test_ready_without_any_other_process_until_it_is_told_to_end(make_app: MakeApp, url: str | None) -> None:
    app = make_app(redis_url=url) if url else make_app()
    client = app.test_client()
    assert client.get("/readyz").get_json() == {"status": "ready"}
    services_of(app).drain()
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["code"]) == (503, "not_ready")
    assert response.get_json()["checks"] == {"gateway": "is about to end"}
    assert client.get("/livez").status_code == 200


def test_whole_with_a_broker_and_a_worker(client: FlaskClient, reported: WorkerReport, redis: Redis) -> None:
    assert client.get("/healthz").status_code == 200
    HeartbeatStore(redis).remove(reported.name)
    response = client.get("/healthz")
    assert (response.status_code, response.get_json()["code"]) == (503, "not_ready")
    assert response.get_json()["checks"] == {
        "broker": "ok",
        "workers": "no worker has reported within the last seconds",
        "frames": "ok",
    }


def test_a_worker_that_takes_webhooks_alone_makes_it_neither_whole_nor_unwell(
    make_app: MakeApp, client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    delivering = reported.model_copy(update={"name": "delivers", "queues": "webhooks", "model": NO_MODEL})
    HeartbeatStore(redis).report(delivering)
    assert client.get("/healthz").status_code == 200
    HeartbeatStore(redis).remove(reported.name)
    checks = client.get("/healthz").get_json()["checks"]
    assert checks["workers"] == "no worker has reported within the last seconds"
    bare = make_app(faces_only=True).test_client()
    assert bare.get("/healthz").get_json()["checks"]["workers"] == checks["workers"]


def test_a_worker_of_a_newer_version_is_a_worker(client: FlaskClient, reported: WorkerReport, redis: Redis) -> None:
    newer = reported.model_dump() | {"added": "by a newer version"}
    redis.hset(keys.WORKERS, mapping={reported.name: json.dumps(newer), "of a version that cannot be read": "{}"})
    assert client.get("/healthz").status_code == 200
    metrics = client.get("/metrics/system")
    assert (metrics.status_code, "mien_workers 1.0" in metrics.text) == (200, True)
    assert client.post("/v1/jobs", data=b"\xff\xd8\xff", content_type="image/jpeg").status_code < 500


def test_not_whole_while_work_waits_beside_an_idle_worker(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    idle = reported.model_copy(update={"queues": "live,bulk", "idle_s": UNTAKEN_AFTER_S})
    HeartbeatStore(redis).report(idle)
    assert client.get("/healthz").status_code == 200
    redis.zadd(keys.queued(BULK), {"job": time.time() - UNTAKEN_AFTER_S - 1})
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.get_json()["checks"]["workers"] == "jobs wait in bulk, and w1, which is idle, takes none"


def test_not_whole_on_a_replica_where_workers_are_counted_although_silent_ones_cannot_be_removed(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    HeartbeatStore(redis, ManualClock()).report(reported.model_copy(update={"name": "silent since 1970"}))
    with demoted(redis):
        response = client.get("/healthz")
    assert response.status_code == 503
    replica = "is a replica, which takes no jobs and no frames"
    assert response.get_json()["checks"] == {"broker": replica, "workers": "ok", "frames": replica}


def test_not_whole_without_a_broker(make_app: MakeApp) -> None:
    app = make_app(redis_url=NO_SERVER)
    response = app.test_client().get("/healthz")
    assert response.status_code == 503
    assert "does not answer" in response.get_json()["checks"]["broker"]


def test_not_whole_while_workers_read_what_must_not_be_told(
    make_app: MakeApp, reported: WorkerReport, redis: Redis
) -> None:
    client = make_app(faces_only=True).test_client()
    HeartbeatStore(redis).report(reported.model_copy(update={"name": "w2", "model": NO_MODEL}))
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.get_json()["checks"]["workers"].startswith("1 of 2 read emotions")
    assert "MIEN_FACES_ONLY" in response.get_json()["detail"]
    HeartbeatStore(redis).remove(reported.name)
    assert client.get("/healthz").status_code == 200
