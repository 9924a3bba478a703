"""While versions change, every record in Redis may have members that this one does not know: no view fails over one.

All kinds of records are stored, a member is added to each object of each, at any depth, and every view that reads is
asked, as are the steps with which workers read. What allows something is read in full or not at all (ADR 14).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from redis import Redis

from api.app import create_app
from api.services import services_of
from contracts.cameras import CameraStatus
from contracts.events import CameraEvent, EventKind, Noted, Present
from contracts.frames import CameraOptions, Frame, FrameStamp, TrackedFace
from contracts.history import HistorySample
from contracts.jobs import JobOptions
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.job_queue import Finished, JobQueue
from contracts.storage.networks import NetworkStore
from contracts.views import DEFAULT, View
from support.factories import (
    annotate,
    make_analysis,
    make_face,
    make_frame_result,
    make_items,
    make_worker_report,
    marked,
)
from support.newer import add_members
from support.pictures import astronaut_jpeg

GOLDEN = Path(__file__).parent / "golden"
CAMERA = "yard"
READ_IN_FULL = (keys.API_KEYS, keys.WEBHOOKS_SECRETS, keys.frame(""))
"""Records that allow something."""
KINDS = {
    keys.job(""),
    keys.WEBHOOKS_DEAD,
    keys.WORKERS,
    keys.NETWORKS,
    keys.AUDIT,
    keys.AUDIT_CHANGES,
    keys.EVENTS,
    *(name("") for name in (keys.faces, keys.history, keys.noted, keys.camera_status)),
}
"""All other records, each by the beginning of its key."""


@pytest.fixture
def app(redis_url: str) -> Iterator[Flask]:
    app = create_app(Settings(redis_url=redis_url, events_s=600, frame_ttl_s=60))
    yield app
    services_of(app).close()


@pytest.fixture
def job(app: Flask, redis: Redis) -> str:
    """A finished job with a picture, whose webhook was given up; and one that waits."""
    services = services_of(app)
    options = JobOptions(annotate=True, webhook="http://127.0.0.1:1/", metadata={"album": {"page": 17}})
    job_id = services.jobs.create([b"photo"], BULK, options=options).id
    assert annotate(services.jobs, job_id, astronaut_jpeg(64))
    queue = JobQueue(redis, services.jobs, services.settings)
    queue.finish("worker", [Finished(job_id, make_items(make_analysis(make_face(quality=["dark"]))), None)])
    services.webhooks.failed(job_id, "http://127.0.0.1:1/", "answered 500", final=True)
    return job_id


@pytest.fixture
def waiting(app: Flask) -> str:
    """A job that waits."""
    return services_of(app).jobs.create([b"photo"], BULK, options=JobOptions(annotate=True)).id


@pytest.fixture
def camera(app: Flask, redis: Redis) -> str:
    """A camera with an analysed frame, a view, a history and an event."""
    services, now, face = services_of(app), time.time(), TrackedFace(**make_face().model_dump(), track=1)
    options = CameraOptions(kind="demo", history_s=600)
    services.frames.publish(Frame(CAMERA, FrameStamp(1, 1), now, astronaut_jpeg(64), options=options))
    result = make_frame_result(1, face, camera=CAMERA)
    services.frames.put_result(result, b"state", marked(services.frames, CAMERA))
    view = View(FrameStamp(1, 1), now, astronaut_jpeg(64), "mien-2", result=result.model_dump_json().encode())
    assert services.frames.views.put(CAMERA, {DEFAULT: view}, marked(services.frames, CAMERA))
    status = CameraStatus(name=CAMERA, kind="demo", state="live", since=now, fps=5, history_s=600)
    services.camera_statuses.put(status)
    assert services.history.add(CAMERA, HistorySample.of(result, options).model_copy(update={"captured_at": now}))
    event = CameraEvent(at=now, camera=CAMERA, kind=EventKind.APPEARED, epoch=1, track=1, emotion="Happy")
    seen = Noted(epoch=1, people={1: Present(seen_at=now, emotion="Happy")}, state="live")
    assert services.events.note(CAMERA, b"", seen, [event])
    return CAMERA


@pytest.fixture
def site(app: Flask, job: str, waiting: str, camera: str, redis: Redis) -> None:
    """What stands in Redis beside them."""
    HeartbeatStore(redis).report(make_worker_report(started_at=time.time(), reported_at=time.time()))
    redis.set(keys.NETWORKS, (GOLDEN / "network_record.json").read_text())
    audit = AuditLog(redis)
    audit.changed("created", "0123456789ab", "phone")
    audit.refused("0123456789ab", "127.0.0.1", "expired")


def first_of(client: FlaskClient, address: str) -> tuple[int, bytes]:
    """Status and first part of an answer, which may be a stream without an end."""
    answer = client.get(address, buffered=False)
    try:
        return answer.status_code, next(iter(answer.response), b"")
    finally:
        answer.close()


def addresses(app: Flask, job: str) -> Iterator[str]:
    """Of every view that reads by GET."""
    values = {"job_id": job, "index": 0, "name": CAMERA, "code": "overloaded"}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/page/", "/docs/", "/static")):
            known = {name: values[name] for name in rule.arguments}
            with app.test_request_context():
                yield url_for(rule.endpoint, **known)


@pytest.mark.usefixtures("site")
def test_no_view_fails_over_a_member_that_it_does_not_know(app: Flask, job: str, redis: Redis) -> None:
    client = app.test_client()
    same = (f"/v1/jobs/{job}", "/v1/webhooks/dead", f"/v1/cameras/{CAMERA}/history", f"/emotion_data?camera={CAMERA}")
    before = [without_ages(client.get(address).get_json()) for address in same]
    asked_before = {address: first_of(client, address)[0] for address in addresses(app, job)}
    changed = add_members(redis, but=READ_IN_FULL)
    assert {name.partition(CAMERA)[0].partition(job)[0] for name in changed} >= KINDS
    asked = {address: first_of(client, address) for address in addresses(app, job)}
    assert {address: answer for address, answer in asked.items() if answer[0] >= 500} == {}
    assert {address: status for address, (status, _) in asked.items()} == asked_before
    assert sum(status == 200 for status in asked_before.values()) >= 18
    assert [without_ages(client.get(address).get_json()) for address in same] == before
    assert client.get("/v1/status").get_json()["workers"][0]["name"] == "worker-1"
    assert [one["name"] for one in client.get("/v1/cameras").get_json()["cameras"]] == [CAMERA]


def without_ages(answer: Any) -> Any:
    """An answer without what differs from moment to moment."""
    return {name: value for name, value in answer.items() if name not in ("age_ms", "until", "since")}


@pytest.mark.usefixtures("site")
def test_workers_take_what_has_members_that_they_do_not_know(app: Flask, waiting: str, redis: Redis) -> None:
    services = services_of(app)
    add_members(redis, but=READ_IN_FULL)
    (claimed,) = JobQueue(redis, services.jobs, services.settings).claim(BULK, "worker").jobs
    assert (claimed.job.id, claimed.job.options.annotate, claimed.images) == (waiting, True, [b"photo"])
    assert services.frames.tracker_state(CAMERA) is not None
    _, noted = services.events.noted(CAMERA)
    assert noted.people[1].emotion == "Happy"
    assert [stored.event.camera for stored in services.events.after("0-0")] == [CAMERA]
    assert NetworkStore(redis).read().plan.weights == {"mien-4": 90, "mien-3": 10}
    assert [entry.event for entry in AuditLog(redis).newest(10)] == ["created", "refused"]


def test_what_allows_something_is_not_shown_and_the_log_says_why(
    app: Flask, camera: str, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    add_members(redis)
    answer = app.test_client().get(f"/v1/cameras/{camera}/snapshot")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "no_picture")
    assert "is of another version of Mien" in caplog.text
