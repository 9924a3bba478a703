"""Pictures of a camera for all its viewers: annotated, plain, or a placeholder."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis

from api.live.broadcast import CameraHub
from api.live.channel import LATE_S, placeholder
from api.services import services_of
from contracts.frames import Frame, FrameStamp
from contracts.results import NO_MODEL
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT, View
from support.clocks import WaitFor
from support.factories import marked
from support.motion_jpeg import pictures


@pytest.fixture
def hub(app: Flask) -> CameraHub:
    hub: CameraHub = services_of(app).video
    return hub


def publish(frames: FrameStore, sequence: int, camera: str = "cam", *, age_s: float = 0.0) -> Frame:
    frame = Frame(camera, FrameStamp(1, sequence), time.time() - age_s, b"plain %d" % sequence)
    frames.publish(frame)
    return frame


def until(shown: Iterator[tuple[str, bytes]], wanted: tuple[str, bytes]) -> None:
    """Read pictures until this one comes; the stream repeats itself, so this ends or the test's time does."""
    deadline = time.monotonic() + 30
    for picture in shown:
        if picture == wanted:
            return
        assert time.monotonic() < deadline, f"still {picture[0]}, not {wanted[0]}"


def publish_until(frames: FrameStore, shown: Iterator[tuple[str, bytes]], wanted: tuple[str, bytes]) -> None:
    """Publish the wanted frame again and again: a reader that is just coming back does not hear every message."""
    deadline = time.monotonic() + 30
    epoch = 2
    while next(shown) != wanted:
        assert time.monotonic() < deadline, f"no {wanted}"
        frames.publish(Frame("cam", FrameStamp(epoch, 1), time.time(), wanted[1]))
        epoch += 1


def test_the_stream_prefers_annotated_pictures(
    frames: FrameStore, settings: Settings, redis: Redis, wait_for: WaitFor
) -> None:
    now = [0.0]
    shown = pictures(CameraHub(settings, frames, clock=lambda: now[0]).stream("cam"))
    assert next(shown) == ("placeholder", placeholder())
    wait_for(lambda: redis.pubsub_numsub(keys.views_channel("cam"))[0][1], "the reader to listen")
    frame = publish(frames, 1)
    frames.views.put("cam", {DEFAULT: View(frame.stamp, frame.captured_at, b"drawn", "mien-2")}, marked(frames))
    until(shown, ("annotated", b"drawn"))
    publish(frames, 2)
    assert {next(shown) for _ in range(3)} == {("annotated", b"drawn")}  # it has been heard of
    now[0] += LATE_S
    assert {next(shown) for _ in range(5)} == {("annotated", b"drawn")}, "no stall yet; the last picture is repeated"
    now[0] += 0.001
    publish(frames, 3)
    until(shown, ("plain", b"plain 3"))
    shown.close()  # type: ignore[attr-defined]


def test_a_picture_never_goes_back_in_time(
    frames: FrameStore, settings: Settings, redis: Redis, wait_for: WaitFor
) -> None:
    shown = pictures(CameraHub(settings, frames, clock=lambda: 0.0).stream("cam"))
    assert next(shown) == ("placeholder", placeholder())
    wait_for(lambda: redis.pubsub_numsub(keys.views_channel("cam"))[0][1], "the reader to listen")
    publish(frames, 7)
    until(shown, ("plain", b"plain 7"))
    for sequence, jpeg in ((6, b"drawn late"), (8, b"drawn")):
        frames.views.put("cam", {DEFAULT: View(FrameStamp(1, sequence), 1.0, jpeg, "mien-2")}, marked(frames))
        assert next(shown) != ("annotated", b"drawn late")
    until(shown, ("annotated", b"drawn"))
    shown.close()  # type: ignore[attr-defined]


def test_with_faces_only_a_frame_with_emotions_drawn_is_not_shown(
    frames: FrameStore, redis: Redis, redis_url: str, wait_for: WaitFor
) -> None:
    shown = pictures(CameraHub(Settings(redis_url=redis_url, faces_only=True), frames).stream("cam"))
    assert next(shown) == ("placeholder", placeholder())
    wait_for(lambda: redis.pubsub_numsub(keys.views_channel("cam"))[0][1], "the reader to listen")
    seen = set[tuple[str, bytes]]()
    for sequence, model in enumerate(("mien-2", "", "mien-2"), 1):  # empty: a worker of the version before
        frame = publish(frames, sequence)
        frames.views.put("cam", {DEFAULT: View(frame.stamp, frame.captured_at, b"emotions", model)}, marked(frames))
        while ("plain", frame.jpeg) not in seen:
            seen.add(next(shown))
    frame = publish(frames, 4)
    frames.views.put("cam", {DEFAULT: View(frame.stamp, frame.captured_at, b"boxes", NO_MODEL)}, marked(frames))
    while ("annotated", b"boxes") not in seen:
        seen.add(next(shown))
    assert not any(jpeg == b"emotions" for _, jpeg in seen)
    shown.close()  # type: ignore[attr-defined]


def test_plain_frames_while_the_analysis_stalls(frames: FrameStore, hub: CameraHub, wait_for: WaitFor) -> None:
    publish(frames, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    wait_for(lambda: frames.watched("cam"), "the camera to be watched")
    publish(frames, 2)
    until(shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_a_camera_that_goes_away_becomes_a_placeholder_and_comes_back(redis: Redis, redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    frames = FrameStore(redis, settings)
    hub = CameraHub(settings, frames)
    publish(frames, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    until(shown, ("placeholder", placeholder()))
    publish(frames, 2)
    until(shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_viewers_outlast_a_full_redis(redis: Redis, redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    frames = FrameStore(redis, settings)
    publish(frames, 1)
    shown = pictures(CameraHub(settings, frames).stream("cam"))
    until(shown, ("plain", b"plain 1"))
    redis.config_set("maxmemory", 1)
    try:
        until(shown, ("placeholder", placeholder()))
    finally:
        redis.config_set("maxmemory", 0)
    publish_until(frames, shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_viewers_outlast_an_unexpected_error(
    frames: FrameStore, hub: CameraHub, redis: Redis, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    publish(frames, 1)
    shown = pictures(hub.stream("cam"))
    until(shown, ("plain", b"plain 1"))
    wait_for(lambda: redis.pubsub_numsub(keys.frames_channel("cam"))[0][1], "the reader to listen")
    redis.hset(keys.frame("cam"), "epoch", "nonsense")
    redis.publish(keys.frames_channel("cam"), b"")
    wait_for(lambda: "unexpected error with camera" in caplog.text, "the reader to fail over it", 20)
    redis.delete(keys.frame("cam"))
    publish_until(frames, shown, ("plain", b"plain 2"))
    shown.close()  # type: ignore[attr-defined]


def test_before_any_camera_the_placeholder_waits_for_one(frames: FrameStore, hub: CameraHub) -> None:
    shown = pictures(hub.stream(None))
    assert next(shown) == ("placeholder", placeholder())
    publish(frames, 1)
    until(shown, ("plain", b"plain 1"))
    shown.close()  # type: ignore[attr-defined]


def test_all_viewers_share_one_reader_and_get_the_same_bytes(frames: FrameStore, hub: CameraHub) -> None:
    publish(frames, 1)
    streams = [hub.stream("cam") for _ in range(3)]
    parts = [[next(stream), next(stream)][1] for stream in streams]
    assert parts[0] is parts[1] is parts[2]
    assert hub.viewers() == {"cam": 3}
    for stream in streams:
        stream.close()  # type: ignore[attr-defined]
    assert hub.viewers() == {}


def test_without_viewers_nothing_is_drawn(redis: Redis, redis_url: str, wait_for: WaitFor) -> None:
    settings = Settings(redis_url=redis_url, frame_ttl_s=0.5)
    frames = FrameStore(redis, settings)
    hub = CameraHub(settings, frames)
    publish(frames, 1)
    shown = pictures(hub.stream("cam"))
    next(shown)
    wait_for(lambda: frames.watched("cam"), "the camera to be watched")
    shown.close()  # type: ignore[attr-defined]
    wait_for(lambda: not frames.watched("cam"), "the camera to be watched no more")


def test_streams_end_when_the_process_stops(frames: FrameStore, hub: CameraHub) -> None:
    publish(frames, 1)
    shown = pictures(hub.stream("cam"))
    next(shown)
    hub.close()
    assert len(list(shown)) <= 1


def test_a_closed_hub_has_ended_its_readers_and_their_connections(
    frames: FrameStore, settings: Settings, redis: Redis, wait_for: WaitFor
) -> None:
    def threads() -> set[int | None]:
        return {thread.ident for thread in threading.enumerate() if thread.name == "camera-to-be-closed"}

    def open_connections() -> set[str]:
        return {client["id"] for client in redis.client_list() if client["name"] == "mien-gateway-video"}

    before = open_connections()
    hub = CameraHub(settings, frames)
    shown = pictures(hub.stream("to-be-closed"))
    assert next(shown) == ("placeholder", placeholder())
    wait_for(lambda: redis.pubsub_numsub(keys.views_channel("to-be-closed"))[0][1], "the reader to listen")
    assert threads()
    assert open_connections() - before
    hub.close()
    assert not threads()
    wait_for(lambda: not open_connections() - before, "its connections to be closed")
    assert list(shown) == []
