"""The two pages: this gateway, and the whole system."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from api.routes.metrics import MetricsPort
from api.services import services_of
from contracts.cameras import CameraStatus
from contracts.metrics import IMAGES_ANALYZED, JOB_WAIT, METRICS, STAGE_SECONDS, metric_key, observe
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from support.gateway import NO_SERVER, MakeApp

Found = dict[tuple[str, *tuple[tuple[str, str], ...]], float]


def read(client: FlaskClient, page: str) -> Found:
    answer = client.get(page)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


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
        reported_at=time.time() + 40,
        queues="interactive,bulk",
        version="9.9.9",
        cpu_s=12.5,
        resident_bytes=1_000,
    )
    HeartbeatStore(redis).report(worker)
    return worker


def test_a_gateway_tells_of_itself_alone(client: FlaskClient, redis: Redis) -> None:
    CounterStore(redis).add({IMAGES_ANALYZED: 3})
    client.get("/ping")
    client.get("/nowhere")
    found = read(client, "/metrics")
    ping = [("method", "GET"), ("route", "/ping")]
    assert found["mien_http_requests_total", *ping, ("status", "200")] == 1
    assert found["mien_http_request_duration_seconds_count", *ping] == 1
    assert found["mien_http_requests_total", ("method", "GET"), ("route", "(none)"), ("status", "404")] == 1
    assert found["mien_http_problems_total", ("code", "not_found")] == 1
    assert found["process_resident_memory_bytes",] > 1e6
    assert found["process_cpu_seconds_total",] > 0
    assert found["mien_gateway_processes",] == 1
    assert any(name == "mien_build_info" for name, *_ in found)
    assert not any(name.startswith(("mien_images_analyzed", "mien_workers", "mien_redis")) for name, *_ in found), (
        "what is the whole system's would be counted once a gateway"
    )


def test_the_system_is_what_all_have_counted_and_how_the_parts_are(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    amounts = {IMAGES_ANALYZED: 3.0, metric_key(STAGE_SECONDS, stage="detect"): 0.5}
    for seconds in (0.02, 0.2, 0.2):
        observe(amounts, JOB_WAIT, seconds, queue="bulk")
    counters = CounterStore(redis)
    counters.add(amounts | {'mien_http_requests_total{method="GET"}': 7, "mien_of_a_newer_version_total": 1})
    redis.zadd(keys.queued("bulk"), {"a job": time.time() - 100, "one that was begun": time.time() - 300 - 1e11})
    hall = CameraStatus(name="hall", kind="rtsp", state="live", since=1, fps=15)
    CameraStatuses(redis).put(hall, hall.model_copy(update={"name": "door", "state": "gone"}))
    redis.zadd(keys.CAMERAS, {"hall": time.time() - 2, "yard": time.time() - 50, f"device-{'a' * 32}": time.time()})
    found = read(client, "/metrics/system")
    assert found["mien_images_analyzed_total",] == 3
    assert found["mien_stage_seconds_total", ("stage", "detect")] == 0.5
    assert found["mien_job_wait_seconds_count", ("queue", "bulk")] == 3
    assert found["mien_job_wait_seconds_bucket", ("le", "0.025"), ("queue", "bulk")] == 1
    assert found["mien_job_wait_seconds_sum", ("queue", "bulk")] == pytest.approx(0.42)
    assert not any("http" in name or "newer" in name for name, *_ in found), "of other pages, and of other versions"
    assert found["mien_queue_depth", ("queue", "bulk")] == 2
    assert found["mien_queue_oldest_seconds", ("queue", "bulk")] == pytest.approx(300, abs=20)
    assert found["mien_queue_oldest_seconds", ("queue", "interactive")] == 0
    assert (found["mien_workers",], found["mien_worker_threads",]) == (1, 2)
    assert found["mien_worker_cpu_seconds_total", ("worker", "w1")] == 12.5
    assert found["mien_worker_clock_offset_seconds", ("worker", "w1")] == pytest.approx(40, abs=20)
    (info,) = (dict(labels) for name, *labels in found if name == "mien_worker_info")
    assert (info["version"], info["model"]) == ("9.9.9", "classic-1")
    live = {
        (camera[1], kind[1]): found[name, camera, kind]
        for name, *labels in found
        if name == "mien_camera_live"
        for camera, kind in [labels]
    }
    assert live == {("hall", "rtsp"): 1, ("door", "rtsp"): 0, ("yard", ""): 0}
    assert found["mien_camera_state", ("camera", "yard"), ("state", "silent")] == 1
    assert found["mien_camera_frame_age_seconds", ("camera", "yard")] == pytest.approx(50, abs=20)
    assert not any("device-" in str(labels) for _, *labels in found)
    assert found["mien_redis_up", ("server", "broker")] == 1
    assert found["mien_redis_memory_used_bytes", ("server", "broker")] > 100_000


def test_the_page_of_the_system_is_read_by_clients_that_give_up_soon(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits_for_long(*_: object) -> None:
        raise AssertionError("a scrape of a Redis that hangs would take as long as a request")

    services = services_of(app)
    assert services.probe.connection_pool.connection_kwargs["socket_timeout"] <= 1
    for client in (services.redis, services.storing, services.frame_redis):
        monkeypatch.setattr(client.connection_pool, "get_connection", waits_for_long)
    found = read(app.test_client(), "/metrics/system")
    assert found["mien_queue_predicted_wait_seconds", ("queue", "bulk")] == 0
    assert found["mien_redis_up", ("server", "broker")] == 1


def test_a_worker_that_takes_webhooks_alone_is_told_and_counts_for_no_analysis(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(reported.model_copy(update={"name": "w2", "queues": "webhooks"}))
    found = read(client, "/metrics/system")
    assert (found["mien_workers",], found["mien_worker_threads",]) == (1, 2)
    assert sum(name == "mien_worker_info" for name, *_ in found) == 2
    heartbeats.remove("w1")
    assert read(client, "/metrics/system")["mien_workers",] == 0, "what MienNoWorker asks"


@pytest.mark.parametrize("page", ["/metrics", "/metrics/system"])
def test_every_family_is_described(client: FlaskClient, reported: WorkerReport, page: str) -> None:
    client.get("/ping")
    for family in text_string_to_metric_families(client.get(page).text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if not name.startswith("process_"):
            known = METRICS[name]
            assert (known.kind, known.help) == (family.type, family.documentation)
            assert known.page == ("system" if page.endswith("system") else "gateway")
            assert all(set(known.labels) == set(sample.labels) - {"le"} for sample in family.samples)


def test_without_redis_both_pages_are_there_and_say_so(make_app: MakeApp, wait_for: Callable[..., object]) -> None:
    app = make_app(redis_url=NO_SERVER)
    client = app.test_client()
    wait_for(lambda: client.get("/v1/status").get_json()["code"] == "broker_unavailable", "the gateway to find out")
    assert read(client, "/metrics/system") == {("mien_redis_up", ("server", "broker")): 0}
    assert read(client, "/metrics")["mien_http_problems_total", ("code", "broker_unavailable")] >= 1


def test_a_port_of_its_own_asks_for_no_key_and_serves_nothing_else(make_app: MakeApp) -> None:
    app = make_app(require_keys=True, metrics_port=9100)
    app.wsgi_app = MetricsPort(app)  # type: ignore[method-assign]
    client = app.test_client()
    at_port = {"SERVER_PORT": "9100"}
    assert "mien_build_info" in client.get("/metrics", environ_overrides=at_port).text
    assert "mien_redis_up" in client.get("/metrics/system", environ_overrides=at_port).text
    for method, path in (("GET", "/"), ("GET", "/v1/status"), ("POST", "/metrics")):
        assert client.open(path, method=method, environ_overrides=at_port).status_code == 404
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Host": "localhost:9100"}).status_code == 401, "the socket decides"
