"""What clients are told of cameras."""

from collections.abc import Callable

import pytest
from redis import Redis

from api.live.schemas import STALLED_AFTER_S, EmotionData, LiveState
from contracts.frames import Frame, FrameResult, FrameStamp, TrackedFace
from contracts.responses import FACES_ONLY
from contracts.results import NO_MODEL
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from support.clocks import ManualClock
from support.factories import make_face, marked

Publish = Callable[..., Frame]
NOW = 1_000.0


@pytest.fixture
def frames(redis: Redis, settings: Settings, clock: ManualClock) -> FrameStore:
    clock.now = NOW
    return FrameStore(redis, settings, clock)


@pytest.fixture
def publish(frames: FrameStore) -> Publish:
    """Publish a frame of camera `cam`, and its analysis if told so."""

    def publish(sequence: int, captured_at: float, *faces: TrackedFace, analyzed: bool = False) -> Frame:
        frame = Frame("cam", FrameStamp(1, sequence), captured_at, b"plain")
        frames.publish(frame)
        if analyzed:
            result = FrameResult(
                camera="cam",
                epoch=1,
                sequence=sequence,
                captured_at=captured_at,
                analyzed_at=captured_at,
                width=64,
                height=48,
                faces=list(faces),
                detector="lite",
                model="classic-1",
            )
            frames.put_result(result, b"", marked(frames))
        return frame

    return publish


def test_a_camera_without_faces_says_so(frames: FrameStore, publish: Publish, clock: ManualClock) -> None:
    publish(7, NOW, analyzed=True)
    clock.now += 0.25
    data = EmotionData.read(frames, "cam", faces_only=False)
    assert (data.state, data.emotion, data.faces, data.sequence) == (LiveState.LIVE, None, [], 7)
    assert (data.message, data.age_ms) == ("No face is in view.", 250)


@pytest.mark.parametrize(("behind_s", "state"), [(STALLED_AFTER_S, "live"), (STALLED_AFTER_S + 0.01, "stalled")])
def test_it_has_stalled_when_analyses_are_too_far_behind_frames(
    frames: FrameStore, publish: Publish, behind_s: float, state: str
) -> None:
    publish(1, NOW, analyzed=True)
    publish(2, NOW + behind_s)
    assert EmotionData.read(frames, "cam", faces_only=False).state == state


def test_a_clock_that_is_behind_gives_no_negative_age(frames: FrameStore, publish: Publish) -> None:
    publish(1, NOW, analyzed=True)
    assert EmotionData.read(frames, "cam", faces_only=False).age_ms == 0


def test_a_camera_that_is_gone_is_told_apart_from_none(frames: FrameStore) -> None:
    assert EmotionData.read(frames, "cam", faces_only=False).message == "The camera has stopped sending pictures."
    assert EmotionData.read(frames, None, faces_only=False).message == "No camera has sent a picture yet."


def test_with_faces_only_no_emotion_is_told_whatever_was_stored(frames: FrameStore, publish: Publish) -> None:
    publish(1, NOW, TrackedFace(track=3, **make_face("Sad").model_dump()), analyzed=True)
    assert EmotionData.read(frames, "cam", faces_only=False).emotion == "Sad"
    data = EmotionData.read(frames, "cam", faces_only=True)
    assert (data.emotion, data.confidence, data.model, data.message) == (None, None, NO_MODEL, FACES_ONLY)
    (face,) = data.faces
    assert (face.track, face.emotion, face.confidence, face.scores) == (3, None, None, {})
