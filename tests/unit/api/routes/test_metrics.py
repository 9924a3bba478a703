"""Metrics: this process, and what all have counted together."""

import time

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.metrics import IMAGES_ANALYZED, STAGE_SECONDS, metric_key
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
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


def test_metrics_join_this_process_and_what_all_have_counted(
    client: FlaskClient, reported: WorkerReport, redis: Redis
) -> None:
    counters = CounterStore(redis)
    counters.add({IMAGES_ANALYZED: 3, metric_key(STAGE_SECONDS, stage="detect"): 0.5})
    redis.zadd(keys.queued("bulk"), {"a job": 0})
    hall = CameraStatus(name="hall", kind="rtsp", state="live", since=1, fps=15)
    CameraStatuses(redis).put(hall, hall.model_copy(update={"name": "door", "state": "gone"}))
    client.get("/ping")
    client.get("/nowhere")
    text = client.get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["mien_images_analyzed_total",] == 3
    assert found["mien_camera_live", ("camera", "hall")] == 1
    assert found["mien_camera_live", ("camera", "door")] == 0
    assert found["mien_stage_seconds_total", ("stage", "detect")] == 0.5
    assert found["mien_queue_depth", ("queue", "bulk")] == 1
    assert (found["mien_workers",], found["mien_worker_threads",]) == (1, 2)
    labels = [("method", "GET"), ("route", "/ping"), ("status", "200")]
    assert found["mien_http_requests_total", *labels] == 1
    assert found["mien_http_requests_total", ("method", "GET"), ("route", "(none)"), ("status", "404")] == 1
    assert "process_resident_memory_bytes" in text
