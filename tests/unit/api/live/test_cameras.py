"""The list of cameras: what is said of them, held against their frames."""

import time

import pytest
from redis import Redis

from api.live.cameras import CameraList, CameraResponse
from contracts.cameras import CameraStatus
from contracts.frames import FrameResult
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.frames import FrameStore
from support.factories import make_analysis, make_frame, marked


@pytest.fixture
def frames(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


@pytest.fixture
def statuses(redis: Redis) -> CameraStatuses:
    return CameraStatuses(redis)


def say(statuses: CameraStatuses, state: str = "live", reason: str | None = None, name: str = "cam") -> CameraStatus:
    values = {"name": name, "kind": "rtsp", "state": state, "reason": reason, "since": time.time() - 60, "fps": 10.0}
    status = CameraStatus.model_validate({**values, "blur": True, "history_s": 60})
    statuses.put(status)
    return status


def publish(frames: FrameStore, *, analyzed: bool) -> None:
    frame = make_frame(1)._replace(captured_at=time.time())
    frames.publish(frame)
    if analyzed:
        newest = frames.newest("cam")
        assert newest
        frames.put_result(FrameResult.of(newest, make_analysis(), [], time.time()), b"", marked(frames))


def only(frames: FrameStore, statuses: CameraStatuses) -> CameraResponse:
    (camera,) = CameraList.read(frames, statuses).cameras
    return camera


def test_one_that_has_sent_nothing_yet_is_listed(frames: FrameStore, statuses: CameraStatuses) -> None:
    status = say(statuses, "gone", "Its host is not there.")
    camera = only(frames, statuses)
    assert camera.model_dump() == {
        "name": "cam",
        "state": "gone",
        "reason": "Its host is not there.",
        "since": pytest.approx(status.since, abs=5),
        "kind": "rtsp",
        "fps": 10,
        "blur": True,
        "history_s": 60,
        "last_frame_at": None,
        "age_ms": None,
    }


@pytest.mark.parametrize(
    ("analyzed", "state", "reason"),
    [(True, "live", None), (False, "stalled", "Pictures arrive, but their analysis has stalled.")],
)
def test_a_live_camera_is_live_when_its_frames_are_analysed(
    frames: FrameStore, statuses: CameraStatuses, analyzed: bool, state: str, reason: str | None
) -> None:
    say(statuses)
    publish(frames, analyzed=analyzed)
    camera = only(frames, statuses)
    assert (camera.state, camera.reason) == (state, reason)
    assert camera.age_ms is not None
    assert camera.last_frame_at is not None
    assert (camera.since is None) is not analyzed


def test_a_live_camera_without_frames_in_redis_is_said_to_have_stalled(
    frames: FrameStore, statuses: CameraStatuses
) -> None:
    say(statuses)
    assert (only(frames, statuses).state, only(frames, statuses).reason) == (
        "stalled",
        "Its pictures do not arrive in Redis.",
    )


def test_a_camera_of_an_older_capture_is_known_by_its_frames(
    frames: FrameStore, statuses: CameraStatuses, redis: Redis
) -> None:
    publish(frames, analyzed=True)
    camera = only(frames, statuses)
    assert (camera.state, camera.kind, camera.fps, camera.since) == ("live", None, None, None)
    redis.delete("mien:frame:cam")
    camera = only(frames, statuses)
    assert (camera.state, camera.reason) == ("gone", "It has stopped sending pictures.")


def test_those_with_frames_come_first(frames: FrameStore, statuses: CameraStatuses) -> None:
    say(statuses, name="a")
    publish(frames, analyzed=True)
    assert [camera.name for camera in CameraList.read(frames, statuses).cameras] == ["cam", "a"]
