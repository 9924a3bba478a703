"""What is kept of a camera's faces, where its options ask for a history: a sample a second, and no picture."""

from typing import Literal, Self

from pydantic import Field

from contracts.emotions import EMOTIONS, Emotion
from contracts.frames import CameraOptions, FrameResult, TrackedFace
from contracts.results import Flaw, Message

_WHOLE = 1_000
"""Scores are kept in thousandths: whole numbers are short."""


class SampledFace(Message):
    """A face as it was shown: nothing of where it was, and no likeness."""

    track: int = Field(ge=1)
    emotion: Emotion | None = None
    scores: tuple[int, ...] = Field(default=(), description="Thousandths, in the order of the labels; or empty.")
    quality: list[Flaw] = Field(default_factory=list)

    @classmethod
    def of(cls, face: TrackedFace) -> Self:
        """Of a face of a result."""
        scores = tuple(round(_WHOLE * face.scores[label]) for label in EMOTIONS) if face.scores else ()
        return cls(track=face.track, emotion=face.emotion, scores=scores, quality=face.quality)

    @property
    def shares(self) -> dict[Emotion, float]:
        """The scores, by label; or nothing."""
        return {label: score / _WHOLE for label, score in zip(EMOTIONS, self.scores, strict=False)}


class HistorySample(Message):
    """The faces of a camera at one moment."""

    version: Literal[1] = 1
    epoch: int
    captured_at: float = Field(description="Seconds since 1970, UTC.")
    kept_s: int = Field(ge=1, description="How long it may be told.")
    baseline: bool = Field(default=False, description="Whether the camera's people are compared with themselves.")
    faces: list[SampledFace] = Field(default_factory=list)

    @classmethod
    def of(cls, result: FrameResult, options: CameraOptions) -> Self:
        """What is kept of an analysis."""
        return cls(
            epoch=result.epoch,
            captured_at=result.captured_at,
            kept_s=options.history_s,
            baseline=options.baseline,
            faces=[SampledFace.of(face) for face in result.faces],
        )

    def without_emotions(self) -> Self:
        """The same, as if no expression had been read."""
        faces = [face.model_copy(update={"emotion": None, "scores": ()}) for face in self.faces]
        return self.model_copy(update={"faces": faces})
