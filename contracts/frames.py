"""Messages of the live path. All of them are worth nothing once newer ones exist."""

from typing import Literal, NamedTuple, Self

from pydantic import Field

from contracts.emotions import Emotion, Head
from contracts.results import NO_MODEL, Analysis, Face, Message


class FrameStamp(NamedTuple):
    """The order of a camera's frames: a restarted capture begins a later epoch, and its sequence goes on from there."""

    epoch: int
    """Milliseconds since 1970, by Redis' clock, when the capture process began; or one more than what was there."""
    sequence: int
    """Counts from the epoch on, so that viewers, who are told this number alone, never see it go back."""


class CameraOptions(Message):
    """What is to be done with the images of a camera.

    They travel with every frame, so that no process that shows or keeps one has to look elsewhere whether it may.
    """

    kind: str = Field(default="", max_length=16, description="`device`, `rtsp`, `http`, `file`, `folder`, `demo`, …")
    blur: bool = Field(default=False, description="Whether faces are made unrecognizable before anybody sees them.")
    history_s: int = Field(default=0, ge=0, description="How long what was read is kept, in seconds; 0: not at all.")
    baseline: bool = Field(default=False, description="Whether a person's usual expression is taken off.")


class Frame(NamedTuple):
    """One image of a camera, as captured."""

    camera: str
    stamp: FrameStamp
    captured_at: float
    """Seconds since 1970, taken right after the read: by the clock of capture's host until it is published, then by
    that of Redis."""
    jpeg: bytes
    mark: str = ""
    """What a worker that takes it is given, and has to give back with what comes of it."""
    options: CameraOptions = CameraOptions()


class TrackedFace(Face):
    """A face that is followed from frame to frame."""

    track: int = Field(ge=1, description="Stays the same while the face stays in view; unique within an epoch.")
    raw_scores: dict[Emotion, float] = Field(
        default_factory=dict, description="As `scores`, but of this frame alone; empty where they are, or not stored."
    )

    def without_emotion(self) -> Self:
        """The same face, as if no expression had been read."""
        return super().without_emotion().model_copy(update={"raw_scores": {}})


class FrameResult(Message):
    """The analysis of one frame, smoothed over the frames before it."""

    version: Literal[1] = 1
    camera: str
    epoch: int
    sequence: int = Field(ge=1)
    captured_at: float = Field(description="Seconds since 1970, UTC.")
    analyzed_at: float = Field(description="Seconds since 1970, by the clock of the worker's host.")
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    faces: list[TrackedFace]
    detector: str
    model: str
    labels: Head | None = Field(default="fer2013", description="As in an `Analysis`.")
    stages_ms: dict[str, float] = Field(default_factory=dict)

    @classmethod
    def of(cls, frame: Frame, analysis: Analysis, faces: list[TrackedFace], analyzed_at: float) -> "FrameResult":
        """The result of analysing `frame`, with `faces` as the tracker sees them."""
        return cls(
            camera=frame.camera,
            epoch=frame.stamp.epoch,
            sequence=frame.stamp.sequence,
            captured_at=frame.captured_at,
            analyzed_at=analyzed_at,
            faces=faces,
            **analysis.model_dump(include={"width", "height", "detector", "model", "labels", "stages_ms"}),
        )

    def without_emotions(self) -> Self:
        """The same faces, as if no expression had been read."""
        faces = [face.without_emotion() for face in self.faces]
        return self.model_copy(update={"faces": faces, "model": NO_MODEL, "labels": None})
