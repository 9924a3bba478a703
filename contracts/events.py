"""What happens before cameras, told to whoever wants to know: somebody came, left, or looks otherwise for a while."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from contracts.emotions import Emotion
from contracts.results import Message


class EventKind(StrEnum):
    """What happened."""

    APPEARED = "appeared"  # somebody is in view
    LEFT = "left"  # and is not any more, for two seconds
    CHANGED = "changed"  # another expression is shown, and has been for a while
    CAMERA_STATE = "camera_state"  # the camera is in another state


class CameraEvent(Message):
    """One event, as it is stored; its id is its place in the stream."""

    version: Literal[1] = 1
    at: float = Field(description="When it happened: seconds since 1970, UTC.")
    camera: str
    kind: EventKind
    epoch: int | None = None
    track: int | None = None
    emotion: Emotion | None = None
    before: Emotion | None = None
    state: str | None = None
    reason: str | None = None


class Present(Message):
    """Somebody who is in view, as was told."""

    seen_at: float
    """Seconds since 1970, by the time of frames."""
    emotion: Emotion | None = None
    """That was told last."""
    other: Emotion | None = None
    """What is shown instead, not for long enough to be told."""
    other_since: float = 0.0


class Noted(Message):
    """What has been told of a camera: from it and a new look follows what is to be told next."""

    version: Literal[1] = 1
    epoch: int = 0
    sequence: int = 0
    """Of the analysis that was looked at last."""
    people: dict[int, Present] = Field(default_factory=dict)
    state: str | None = None


class EventResponse(Message):
    """An event as clients are told it, by gateways and in webhooks."""

    id: str = Field(description="Grows from event to event; for `Last-Event-ID`.")
    at: float = Field(description="When it happened: seconds since 1970, UTC.")
    camera: str
    kind: EventKind
    person: str | None = Field(description="As in the camera's history; null of events of the camera itself.")
    track: int | None = Field(description="As in `/emotion_data`.")
    emotion: Emotion | None = Field(description="Shown now, or last of somebody who left; null with `MIEN_FACES_ONLY`.")
    before: Emotion | None = Field(description="Of `changed`: shown before.")
    state: str | None = Field(description="Of `camera_state`: `connecting`, `live`, `stalled` or `gone`.")
    reason: str | None = Field(description="Of `camera_state`: what is wrong, if anything is.")

    @classmethod
    def of(cls, event_id: str, event: CameraEvent, *, faces_only: bool) -> "EventResponse | None":
        """What is told of an event; with `faces_only` no emotion, and nothing of one that is about nothing else."""
        if faces_only and event.kind is EventKind.CHANGED:
            return None
        told = event.model_copy(update={"emotion": None, "before": None}) if faces_only else event
        person = None if event.track is None else f"{event.epoch}-{event.track}"
        return cls(id=event_id, person=person, **told.model_dump(exclude={"version", "epoch"}))
