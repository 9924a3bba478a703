"""Cameras over HTTP: the list, the newest emotions, and the stream of pictures."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from api.live import mjpeg
from api.live.broadcast import STALLED_AFTER_S, CameraHub, placeholder
from api.services import services_of
from contracts.emotions import EMOTIONS
from contracts.frames import Frame, FrameResult, FrameStamp, TrackedFace, View
from contracts.results import Box
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore


@pytest.fixture
def store(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


@pytest.fixture
def hub(app: Flask) -> CameraHub:
    hub: CameraHub = services_of(app).video
    return hub


def publish(store: FrameStore, sequence: int, camera: str = "cam", *, age_s: float = 0.0) -> Frame:
    frame = Frame(camera, FrameStamp(1, sequence), time.time() - age_s, b"plain %d" % sequence)
    store.publish(frame)
    return frame


def analyze(store: FrameStore, frame: Frame) -> None:
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
    store.put_result(result, b"")


def test_no_camera_is_an_answer_and_not_an_error(client: FlaskClient) -> None:
    data = client.get("/emotion_data").get_json()
    assert (data["camera"], data["state"], data["faces"]) == (None, "gone", [])
    assert data["message"] == "No camera has sent a picture yet."
    assert client.get("/v1/cameras").get_json() == {"cameras": []}


def test_the_newest_emotions_with_their_age(client: FlaskClient, store: FrameStore) -> None:
    analyze(store, publish(store, 41, age_s=0.2))
    data = client.get("/emotion_data?camera=cam").get_json()
    assert (data["camera"], data["state"], data["sequence"]) == ("cam", "live", 41)
    assert (data["emotion"], data["confidence"], data["faces"][0]["track"]) == ("Sad", 0.88, 7)
    assert data["age_ms"] >= 200
    assert data == data | {"width": 64, "height": 48, "model": "classic-1", "message": None}


def test_the_default_is_the_camera_with_the_newest_frame(client: FlaskClient, store: FrameStore) -> None:
    publish(store, 1, "old", age_s=60)
    publish(store, 1, "new")
    assert client.get("/emotion_data").get_json()["camera"] == "new"
    listed = client.get("/v1/cameras").get_json()["cameras"]
    assert [camera["name"] for camera in listed] == ["new", "old"]


def test_frames_without_analyses_are_called_stalled(client: FlaskClient, store: FrameStore) -> None:
    publish(store, 1)
    assert client.get("/emotion_data").get_json()["state"] == "stalled"
    analyze(store, publish(store, 2, age_s=2))
    publish(store, 3)
    data = client.get("/emotion_data").get_json()
    assert (data["state"], data["message"]) == ("stalled", "Pictures arrive, but their analysis has stalled.")


@pytest.mark.parametrize("address", ["/video_feed", "/emotion_data"])
def test_an_unheard_of_camera_is_not_found(client: FlaskClient, address: str) -> None:
    response = client.get(f"{address}?camera=nobody")
    assert (response.status_code, response.get_json()["code"]) == (404, "camera_not_found")


PART = re.compile(
    rb"Content-Type: image/jpeg\r\nContent-Length: (\d+)\r\nMien-Picture: (\w+)\r\n\r\n(.*)\r\n--frame\r\n", re.DOTALL
)


def pictures(stream: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """Parts of a stream as (kind, jpeg), held against the format to the byte."""
    assert next(stream) == b"--frame\r\n"
    for part in stream:
        found = PART.fullmatch(part)
        assert found, part
        assert int(found[1]) == len(found[3])
        yield found[2].decode(), found[3]


def until(shown: Iterator[tuple[str, bytes]], wanted: tuple[str, bytes]) -> None:
    """Read pictures until this one comes; the stream repeats itself, so this ends or the test's time does."""
    deadline = time.monotonic() + 30
    for picture in shown:
        if picture == wanted:
            return
        assert time.monotonic() < deadline, f"still {picture[0]}, not {wanted[0]}"


def publish_until(store: FrameStore, shown: Iterator[tuple[str, bytes]], wanted: tuple[str, bytes]) -> None:
    """Publish the wanted frame again and again: a reader that is just coming back does not hear every message."""
    deadline = time.monotonic() + 30
    epoch = 2
    while next(shown) != wanted:
        assert time.monotonic() < deadline, f"no {wanted}"
        store.publish(Frame("cam", FrameStamp(epoch, 1), time.time(), wanted[1]))
        epoch += 1


def test_headers_of_the_stream(client: FlaskClient, store: FrameStore) -> None:
    publish(store, 1)
    response = client.get("/video_feed", buffered=False)
    assert response.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert next(pictures(response.iter_encoded())) == ("plain", b"plain 1")
    response.close()


def test_the_stream_prefers_annotated_pictures(
    store: FrameStore, settings: Settings, redis: Redis, wait_for: Any
) -> None:
    now = [0.0]
    shown = pictures(CameraHub(settings, store, clock=lambda: now[0]).stream("cam"))
    assert next(shown) == ("placeholder", placeholder())
    wait_for(lambda: redis.pubsub_numsub(keys.views_channel("cam"))[0][1], "the reader to listen")
    frame = publish(store, 1)
    store.put_view("cam", View(frame.stamp, frame.captured_at, b"drawn"))
    until(shown, ("annotated", b"drawn"))
    now[0] += STALLED_AFTER_S
    publish(store, 2)
    assert {next(shown) for _ in range(5)} == {("annotated", b"drawn")}, "no stall yet; the last picture is repeated"
    now[0] += 0.001
    publish(store, 3)
    until(shown, ("plain", b"plain 3"))
    shown.close()  # type: ignore[attr-defined]


def test_plain_frames_while_the_analysis_stalls(
    store: FrameStore, hub: CameraHub, wait_for: Callable[..., Any]
) -> None:
    publish(store, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    wait_for(lambda: store.watched("cam"), "the camera to be watched")
    publish(store, 2)
    until(shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_a_camera_that_goes_away_becomes_a_placeholder_and_comes_back(redis: Redis, redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    store = FrameStore(redis, settings)
    hub = CameraHub(settings, store)
    publish(store, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    until(shown, ("placeholder", placeholder()))
    publish(store, 2)
    until(shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_viewers_outlast_a_full_redis(redis: Redis, redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    store = FrameStore(redis, settings)
    publish(store, 1)
    shown = pictures(CameraHub(settings, store).stream("cam"))
    until(shown, ("plain", b"plain 1"))
    redis.config_set("maxmemory", 1)
    try:
        until(shown, ("placeholder", placeholder()))
    finally:
        redis.config_set("maxmemory", 0)
    publish_until(store, shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_viewers_outlast_what_nobody_expected(
    store: FrameStore, hub: CameraHub, redis: Redis, wait_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    publish(store, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    wait_for(lambda: redis.pubsub_numsub(keys.frames_channel("cam"))[0][1], "the reader to listen")
    redis.hset(keys.frame("cam"), "epoch", "nonsense")
    redis.publish(keys.frames_channel("cam"), b"")
    wait_for(lambda: "unexpected error with camera" in caplog.text, "the reader to fail over it", 20)
    redis.delete(keys.frame("cam"))
    publish_until(store, shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_before_any_camera_the_placeholder_waits_for_one(store: FrameStore, hub: CameraHub) -> None:
    shown = pictures(hub.stream(None))
    assert next(shown) == ("placeholder", placeholder())
    publish(store, 1)
    until(shown, ("plain", b"plain 1"))
    shown.close()  # type: ignore[attr-defined]


def test_all_viewers_share_one_reader_and_get_the_same_bytes(store: FrameStore, hub: CameraHub) -> None:
    publish(store, 1)
    streams = [hub.stream("cam") for _ in range(3)]
    parts = [[next(stream), next(stream)][1] for stream in streams]
    assert parts[0] is parts[1] is parts[2]
    assert hub.viewers() == {"cam": 3}
    for stream in streams:
        stream.close()  # type: ignore[attr-defined]
    assert hub.viewers() == {}


def test_without_viewers_nothing_is_drawn(redis: Redis, redis_url: str, wait_for: Callable[..., Any]) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    store = FrameStore(redis, settings)
    hub = CameraHub(settings, store)
    publish(store, 1)
    shown = pictures(hub.stream("cam"))
    next(shown)
    wait_for(lambda: store.watched("cam"), "the camera to be watched")
    shown.close()  # type: ignore[attr-defined]
    wait_for(lambda: not store.watched("cam"), "the camera to be watched no more")


def test_streams_end_when_the_process_stops(store: FrameStore, hub: CameraHub) -> None:
    publish(store, 1)
    shown = pictures(hub.stream("cam"))
    next(shown)
    hub.close()
    assert len(list(shown)) <= 1


def test_a_part_is_its_headers_the_picture_and_the_next_boundary() -> None:
    assert mjpeg.part(b"\xff\xd8", {"X": "y"}) == (
        b"Content-Type: image/jpeg\r\nContent-Length: 2\r\nX: y\r\n\r\n\xff\xd8\r\n--frame\r\n"
    )
