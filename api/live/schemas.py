"""What the gateway says of live cameras."""

from enum import StrEnum
from typing import Final, Self

from pydantic import Field

from contracts.emotions import Emotion, Head
from contracts.frames import FrameResult, TrackedFace
from contracts.responses import FaceResponse, rounded, sentence_about
from contracts.results import Message
from contracts.storage.frames import FrameStore

STALLED_AFTER_S: Final = 1.0
"""Analyses that are so much older than the newest frame have stalled."""
NO_FACE = "No face is in view."
NO_CAMERA = "No camera has sent a picture yet."
STALLED = "Pictures arrive, but their analysis has stalled."


class LiveState(StrEnum):
    """How far a camera's data can be relied on."""

    LIVE = "live"
    STALLED = "stalled"  # frames arrive, analyses do not
    GONE = "gone"  # no frame for some seconds


class LiveFace(FaceResponse):
    """A face in the picture now, smoothed over the frames before."""

    track: int = Field(description="Stays the same while the face stays in view.")
    raw_scores: dict[Emotion, float] = Field(
        description="As `scores`, which are smoothed, but of this picture alone; four decimals, or empty."
    )

    @classmethod
    def tracked(cls, face: TrackedFace) -> Self:
        """Round what was read of a face that is followed."""
        return cls.of(face, track=face.track, raw_scores=rounded(face.raw_scores))


class EmotionData(Message):
    """The newest emotions of one camera. `emotion` and `confidence` are those of the largest face."""

    camera: str | None
    state: LiveState
    emotion: Emotion | None
    confidence: float | None
    faces: list[LiveFace]
    width: int | None
    height: int | None
    sequence: int | None = Field(description="Number of the frame that was analysed; it never goes back.")
    captured_at: float | None = Field(description="When it was taken: seconds since 1970, UTC.")
    age_ms: int | None = Field(description="Milliseconds since then.")
    model: str | None
    labels: Head | None = Field(description="Whose labels the emotions are; null with `MIEN_FACES_ONLY`.")
    message: str | None

    @classmethod
    def read(cls, frames: FrameStore, camera: str | None, *, faces_only: bool) -> Self:
        """Look at a camera. With `faces_only` no emotion is told, whatever was read."""
        result = frames.result(camera) if camera else None
        state = live_state(frames.captured_at(camera) if camera else None, result)
        return cls.of(camera, state, result, frames.now() if result else 0.0, faces_only=faces_only)

    @classmethod
    def of(
        cls, camera: str | None, state: LiveState, result: FrameResult | None, now: float, *, faces_only: bool
    ) -> Self:
        """What an analysis says at a time, in seconds since 1970 by Redis' clock."""
        if result and faces_only:
            result = result.without_emotions()
        faces = [LiveFace.tracked(face) for face in result.faces] if result else []
        return cls(
            camera=camera,
            state=state,
            emotion=faces[0].emotion if faces else None,
            confidence=faces[0].confidence if faces else None,
            faces=faces,
            width=result.width if result else None,
            height=result.height if result else None,
            sequence=result.sequence if result else None,
            captured_at=result.captured_at if result else None,
            age_ms=age_ms(result.captured_at, now) if result else None,
            model=result.model if result else None,
            labels=result.labels if result else None,
            message=_message(camera, state, result),
        )


def live_state(newest_frame_at: float | None, result: FrameResult | None) -> LiveState:
    """What follows for a camera from the time of its newest frame and its newest analysis."""
    if newest_frame_at is None:
        return LiveState.GONE
    if result is None or newest_frame_at - result.captured_at > STALLED_AFTER_S:
        return LiveState.STALLED
    return LiveState.LIVE


def age_ms(then: float, now: float) -> int:
    """Milliseconds since then; not below 0."""
    return max(0, round((now - then) * 1000))


def _message(camera: str | None, state: LiveState, result: FrameResult | None) -> str | None:
    if camera is None:
        return NO_CAMERA
    if state is LiveState.GONE:
        return "The camera has stopped sending pictures."
    if state is LiveState.STALLED:
        return STALLED
    return sentence_about(bool(result.faces), result.model, NO_FACE) if result else NO_FACE
