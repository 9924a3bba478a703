"""Health, metrics, the page's files, and errors that belong to no resource."""

import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from api.app import create_app
from api.services import services_of
from contracts.metrics import IMAGES_ANALYZED, STAGE_SECONDS, metric_key
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport


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
def test_alive_needs_nobody_else(address: str) -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"))
    assert app.test_client().get(address).get_json() == {"status": "ok"}
    services_of(app).close()


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


def test_not_ready_without_a_broker() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"))
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert "does not answer" in response.get_json()["checks"]["broker"]
    services_of(app).close()


def test_metrics_join_this_process_and_what_all_have_counted(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    counters = CounterStore(redis)
    counters.add({IMAGES_ANALYZED: 3, metric_key(STAGE_SECONDS, stage="detect"): 0.5})
    redis.rpush("bulk", "a message")
    client.get("/ping")
    client.get("/nowhere")
    text = client.get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["mien_images_analyzed_total",] == 3
    assert found["mien_stage_seconds_total", ("stage", "detect")] == 0.5
    assert found["mien_queue_depth", ("queue", "bulk")] == 1
    assert (found["mien_workers",], found["mien_worker_threads",]) == (1, 2)
    labels = [("method", "GET"), ("route", "/ping"), ("status", "200")]
    assert found["mien_http_requests_total", *labels] == 1
    assert found["mien_http_requests_total", ("method", "GET"), ("route", "(none)"), ("status", "404")] == 1
    assert "process_resident_memory_bytes" in text


def test_counts_survive_a_broker_that_does_not_answer(app: Flask, redis: Redis) -> None:
    from contracts.errors import BrokerUnavailable
    from contracts.storage.connections import connect

    requests = services_of(app).request_metrics
    requests.add("GET", "/ping", 200, 0.1)
    with pytest.raises(BrokerUnavailable):
        requests.flush(CounterStore(connect("redis://127.0.0.1:1/0", name="tests")))
    requests.flush(CounterStore(redis))
    assert CounterStore(redis).read()['mien_http_requests_total{method="GET",route="/ping",status="200"}'] == 1


def test_nothing_here_and_wrong_method_are_problems(client: FlaskClient) -> None:
    missing = client.get("/nowhere")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert missing.get_json()["code"] == "not_found"
    wrong = client.get("/detect_emotion")
    assert (wrong.status_code, wrong.get_json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "OPTIONS, POST"


def test_a_surprise_is_a_problem_without_details(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("contracts.storage.frames.FrameStore.cameras", fail)
    response = app.test_client().get("/v1/cameras")
    assert (response.status_code, response.get_json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text


def test_the_page_allows_its_own_files_only(client: FlaskClient) -> None:
    response = client.get("/", buffered=True)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "<style" not in response.text
    assert client.get("/page/live.js", buffered=True).mimetype == "text/javascript"
    assert client.get("/page/../app.py").status_code == 404
