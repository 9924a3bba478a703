"""Cameras over HTTP: the list, the newest emotions, and the stream of pictures."""

import threading
import time

import pytest
from flask.testing import FlaskClient
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.emotions import EMOTIONS
from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp, TrackedFace
from contracts.results import Box
from contracts.storage.cameras import CameraStatuses
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT, View
from support.factories import marked
from support.motion_jpeg import pictures


def publish(frames: FrameStore, sequence: int, camera: str = "cam", *, age_s: float = 0.0) -> Frame:
    frame = Frame(camera, FrameStamp(1, sequence), time.time() - age_s, b"plain %d" % sequence)
    frames.publish(frame)
    return frame


def analyze(frames: FrameStore, frame: Frame) -> None:
    face = TrackedFace(
        box=Box(x=1, y=2, width=3, height=4),
        emotion="Sad",
        confidence=0.876,
        scores=dict.fromkeys(EMOTIONS, 0.1),
        detection_score=0.9,
        track=7,
    )
    result = FrameResult(
        camera=frame.camera,
        epoch=frame.stamp.epoch,
        sequence=frame.stamp.sequence,
        captured_at=frame.captured_at,
        analyzed_at=frame.captured_at + 0.02,
        width=64,
        height=48,
        faces=[face],
        detector="lite",
        model="classic-1",
    )
    frames.put_result(result, b"", marked(frames, frame.camera))


def test_no_camera_is_an_answer_and_not_an_error(client: FlaskClient) -> None:
    data = client.get("/emotion_data").get_json()
    assert (data["camera"], data["state"], data["faces"]) == (None, "gone", [])
    assert data["message"] == "No camera has sent a picture yet."
    assert client.get("/v1/cameras").get_json() == {"cameras": []}


def test_the_newest_emotions_with_their_age(client: FlaskClient, frames: FrameStore) -> None:
    analyze(frames, publish(frames, 41, age_s=0.2))
    data = client.get("/emotion_data?camera=cam").get_json()
    assert (data["camera"], data["state"], data["sequence"]) == ("cam", "live", 41)
    assert (data["emotion"], data["confidence"], data["faces"][0]["track"]) == ("Sad", 0.88, 7)
    assert data["age_ms"] >= 200
    assert data == data | {"width": 64, "height": 48, "model": "classic-1", "labels": "fer2013", "message": None}


def test_the_default_is_the_camera_with_the_newest_frame(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 1, "old", age_s=60)
    publish(frames, 1, "new")
    assert client.get("/emotion_data").get_json()["camera"] == "new"
    listed = client.get("/v1/cameras").get_json()["cameras"]
    assert [camera["name"] for camera in listed] == ["new", "old"]


def test_frames_without_analyses_are_called_stalled(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 1)
    assert client.get("/emotion_data").get_json()["state"] == "stalled"
    analyze(frames, publish(frames, 2, age_s=2))
    publish(frames, 3)
    data = client.get("/emotion_data").get_json()
    assert (data["state"], data["message"]) == ("stalled", "Pictures arrive, but their analysis has stalled.")


@pytest.mark.parametrize("address", ["/video_feed", "/emotion_data"])
def test_an_unheard_of_camera_is_not_found(client: FlaskClient, address: str) -> None:
    response = client.get(f"{address}?camera=unheard-of")
    assert (response.status_code, response.get_json()["code"]) == (404, "camera_not_found")


def test_headers_of_the_stream(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 1)
    response = client.get("/video_feed", buffered=False)
    assert response.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert next(pictures(response.iter_encoded())) == ("plain", b"plain 1")
    response.close()


@pytest.mark.parametrize(
    ("name", "value"), [("width", "-1"), ("quality", "100"), ("fps", "61"), ("boxes", "x"), ("blur", "")]
)
def test_a_wrong_option_of_the_stream_is_named(client: FlaskClient, frames: FrameStore, name: str, value: str) -> None:
    publish(frames, 1)
    response = client.get(f"/video_feed?{name}={value}")
    assert (response.status_code, response.get_json()["field"]) == (422, name)


def test_a_camera_is_shown_in_a_few_forms_at_a_time(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 1)
    for quality in range(10, 15):
        client.get(f"/video_feed?quality={quality}", buffered=False).close()
    refused = client.get("/video_feed?quality=15")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    client.get("/video_feed", buffered=False).close()


def test_a_snapshot_of_a_camera(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 7)
    plain = client.get("/v1/cameras/cam/snapshot?boxes=false")
    assert (plain.status_code, plain.data, plain.mimetype) == (200, b"plain 7", "image/jpeg")
    assert (plain.headers["Mien-Picture"], plain.headers["Mien-Sequence"]) == ("plain", "7")
    assert plain.headers["Cache-Control"] == "no-store"
    over = threading.Event()

    def draw() -> None:
        sequence = 7
        while not over.wait(0.05):
            sequence += 1
            frame = publish(frames, sequence)
            view = View(frame.stamp, frame.captured_at, b"drawn", "mien-2")
            frames.views.put("cam", dict.fromkeys(frames.views.wanted("cam"), view), marked(frames))

    worker = threading.Thread(target=draw)
    worker.start()
    try:
        drawn = client.get("/v1/cameras/cam/snapshot?width=320")
        assert (drawn.data, drawn.headers["Mien-Picture"]) == (b"drawn", "annotated")
    finally:
        over.set()
        worker.join()


@pytest.mark.parametrize("asked", ["", "?boxes=false", "?blur=true&boxes=false", "?width=320"])
def test_no_snapshot_shows_a_face_that_is_to_be_blurred(client: FlaskClient, frames: FrameStore, asked: str) -> None:
    options = CameraOptions(blur="blur" not in asked)
    frame = Frame("cam", FrameStamp(1, 1), time.time(), b"plain", options=options)
    frames.publish(frame)
    view = View(frame.stamp, frame.captured_at, b"drawn by a worker of the version before", "mien-2")
    frames.views.put("cam", {DEFAULT: view}, marked(frames))
    response = client.get(f"/v1/cameras/cam/snapshot{asked}")
    assert (response.status_code, response.get_json()["code"]) == (503, "no_picture")


def test_a_snapshot_of_a_camera_that_never_sent_says_why(client: FlaskClient, redis: Redis) -> None:
    reason = "Its host is there, and nothing listens on its port."
    CameraStatuses(redis).put(CameraStatus(name="cam", kind="rtsp", state="gone", reason=reason, since=1, fps=15))
    refused = client.get("/v1/cameras/cam/snapshot")
    assert (refused.status_code, refused.get_json()["detail"]) == (503, f"The camera sends no pictures. {reason}")


def test_there_is_no_snapshot_of_an_unheard_of_camera(client: FlaskClient) -> None:
    assert client.get("/v1/cameras/unheard-of/snapshot").get_json()["code"] == "camera_not_found"


def test_a_camera_that_has_sent_nothing_yet_is_known(client: FlaskClient, redis: Redis) -> None:
    assert client.get("/emotion_data?camera=cam").status_code == 404
    CameraStatuses(redis).put(CameraStatus(name="cam", kind="rtsp", state="connecting", since=1, fps=15))
    data = client.get("/emotion_data?camera=cam").get_json()
    assert (data["camera"], data["state"], data["faces"]) == ("cam", "gone", [])


def test_who_reads_emotions_keeps_a_camera_from_resting(client: FlaskClient, frames: FrameStore) -> None:
    publish(frames, 1)
    assert not frames.wanted("cam")
    client.get("/v1/cameras")
    assert not frames.wanted("cam")
    client.get("/emotion_data")
    assert frames.wanted("cam")
