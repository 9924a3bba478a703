"""What the gateway says of a camera's history. Times are seconds since 1970, UTC."""

from pydantic import Field

from contracts.emotions import Emotion
from contracts.results import Message


class Span(Message):
    """A time in which a person was seen without a gap, with one expression."""

    since: float
    until: float
    emotion: Emotion | None = Field(description="As it was shown, smoothed and held; null with `MIEN_FACES_ONLY`.")
    confidence: float | None = Field(description="Mean probability of `emotion`, two decimals.")
    above_baseline: dict[Emotion, float] | None = Field(
        description="How much each score is above what is usual for this person; null unless the camera has `baseline`."
    )


class Gap(Message):
    """A time in which a person was not seen and then was again."""

    since: float
    until: float


class Person(Message):
    """Somebody who was followed. Who leaves and comes back is somebody else; for how long, docs/tracking.md says."""

    person: str = Field(description="Unique in the camera's history; names nobody.")
    track: int = Field(description="As in `/emotion_data`; unique since the start of capture.")
    first_at: float
    last_at: float
    seen_s: float
    spans: list[Span]
    gaps: list[Gap]
    baseline: dict[Emotion, float] | None = Field(
        description="Median of each score; null unless the camera has `baseline`, and of people seen for ten seconds."
    )


class RoomMood(Message):
    """Ten seconds in which at least three people were seen all the time, without telling who."""

    since: float
    until: float
    people: float = Field(description="Mean number of people, one decimal.")
    scores: dict[Emotion, float] = Field(description="Mean of all people's scores; empty with `MIEN_FACES_ONLY`.")


class HistoryData(Message):
    """What a camera has shown from `since` to `until`."""

    camera: str
    since: float
    until: float = Field(description="Earlier than asked for if `truncated`: ask on from here.")
    truncated: bool = Field(description="Whether there was more than one answer tells.")
    people: list[Person] = Field(description="In the order in which they came.")
    room: list[RoomMood]


class ErasedHistory(Message):
    """A camera of which nothing is kept any more."""

    camera: str
    erased: bool = Field(description="Whether there was anything.")
