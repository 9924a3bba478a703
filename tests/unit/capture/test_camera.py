"""One camera publishes and requests analyses, on a real server."""

import logging
from collections.abc import Iterator

import numpy as np
import pytest
from redis import Redis

from capture.camera import LIVE_QUEUE_LIMIT, Camera
from capture.selection import Opened
from capture.source import CapturedImage
from contracts.cameras import CameraSettings
from contracts.errors import BrokerUnavailable, ConfigurationError
from contracts.frames import Frame, FrameStamp
from contracts.queues import LIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore

NOW = 1_000.0


class CannedSource:
    """A source that gives the same image again and again, or none."""

    name = "The canned source"

    def __init__(self) -> None:
        self.next: CapturedImage | None = CapturedImage(np.zeros((48, 64, 3), np.uint8), NOW - 0.5)

    def read(self) -> CapturedImage | None:
        return self.next

    def close(self) -> None:
        pass


@pytest.fixture
def frames(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings, lambda: NOW)


@pytest.fixture
def source() -> CannedSource:
    return CannedSource()


@pytest.fixture
def camera(redis: Redis, settings: Settings, frames: FrameStore, source: CannedSource) -> Iterator[Camera]:
    dispatcher = Dispatcher(settings)
    opened = Opened(source, "rtsp", "rtsp://camera/live")
    described = CameraSettings(name="camera", source=opened.text, fps=50, blur=True)
    yield Camera(described, opened, frames, JobStore(redis, settings), dispatcher)
    dispatcher.close()


def test_a_step_publishes_the_picture_with_its_time(camera: Camera, frames: FrameStore) -> None:
    assert camera.step()
    assert camera.step()
    newest = frames.newest("camera")
    assert newest is not None
    assert newest.stamp == FrameStamp(1_000_000, 1_000_002)
    assert newest.captured_at == NOW - 0.5
    assert newest.jpeg.startswith(b"\xff\xd8")
    assert (newest.options.kind, newest.options.blur) == ("rtsp", True)


def test_no_more_requests_are_in_flight_than_allowed(
    camera: Camera, frames: FrameStore, redis: Redis, settings: Settings
) -> None:
    for _ in range(5):
        camera.step()
    assert redis.llen(LIVE) == settings.camera_in_flight == 2
    frames.release_request("camera", "1000000-1000001")
    for _ in range(5):
        camera.step()
    assert redis.llen(LIVE) == 3


def test_without_workers_the_queue_stops_growing(camera: Camera, frames: FrameStore, redis: Redis) -> None:
    redis.rpush(LIVE, *range(LIVE_QUEUE_LIMIT))
    assert camera.step()
    assert redis.llen(LIVE) == LIVE_QUEUE_LIMIT
    assert frames.newest("camera") is not None
    assert not redis.exists(keys.requests("camera"))


def test_no_picture_no_frame(camera: Camera, source: CannedSource, frames: FrameStore) -> None:
    source.next = None
    assert not camera.step()
    assert frames.newest("camera") is None


def test_a_second_camera_of_the_same_name_is_said_once(
    camera: Camera, frames: FrameStore, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    assert camera.step()
    frames.publish(Frame("camera", FrameStamp(1_000_001, 1_000_009), NOW, b"jpeg"))
    with caplog.at_level(logging.WARNING):
        assert [camera.step() for _ in range(3)] == [False] * 3
        redis.delete(keys.frame("camera"))  # the other ends
        assert not camera.step()
        assert camera.step()
    newest = frames.newest("camera")
    assert newest
    assert newest.stamp.sequence > 1_000_009
    assert [record.getMessage() for record in caplog.records] == [
        "Frames are dropped. Another capture publishes as 'camera'; give one of them another name.",
        "Frames are published again.",
    ]


def test_it_runs_until_its_source_has_come_to_an_end(
    camera: Camera, source: CannedSource, frames: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [source.next, None, source.next]

    def read() -> CapturedImage | None:
        if not images:
            raise ConfigurationError("The file is gone.")
        return images.pop(0)

    monkeypatch.setattr(source, "read", read)
    with pytest.raises(ConfigurationError):
        camera.run(until=lambda: False)
    newest = frames.newest("camera")
    assert newest is not None
    assert newest.stamp.sequence == 1_000_002


def test_a_broker_that_is_away_drops_frames_and_keeps_the_camera(
    camera: Camera, frames: FrameStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_: Frame) -> bool:
        raise BrokerUnavailable("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(frames, "publish", away)
        assert [camera.step() for _ in range(2)] == [False, False]
    assert camera.step()
    assert caplog.text.count("Frames are dropped. It does not answer.") == 1


def test_it_is_busy_while_redis_is_waited_for_and_not_while_the_source_is(
    camera: Camera, source: CannedSource, frames: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    publish, read = frames.publish, source.read

    def look_and_publish(frame: Frame) -> bool:
        seen.append(camera.busy_since is not None)
        return publish(frame)

    def look_and_read() -> CapturedImage | None:
        seen.append(camera.busy_since is not None)
        return read()

    monkeypatch.setattr(frames, "publish", look_and_publish)
    monkeypatch.setattr(source, "read", look_and_read)
    assert [camera.step(), camera.step()] == [True, True]
    assert seen == [False, True, False, True]
    assert camera.busy_since is None
