"""What is said over the WebSocket of a browser that sends its camera."""

from typing import Final

from pydantic import Field

from api.live.schemas import EmotionData
from contracts.results import Message

IN_FLIGHT: Final = 2
"""Pictures on their way at the same time: one is analysed while the next one travels."""


class IngestTerms(Message):
    """What the client has to keep."""

    camera: str
    max_bytes: int = Field(description="Of a picture.")
    max_pixels: int = Field(description="Width times height of a picture.")
    in_flight: int = Field(description="Pictures that may be unanswered; of more, the newest wins.")
    fps: float = Field(description="Pictures a second, at most; of more, the newest wins.")
    width: int = Field(description="Longest side that is wanted, in pixels.")
    quality: int = Field(description="Of the JPEGs that is wanted, 1 to 100.")


class IngestReady(Message):
    """The first message: pictures may be sent."""

    ready: IngestTerms


class IngestResult(Message):
    """A picture was analysed."""

    number: int = Field(description="Which of the client's pictures, counted from 1.")
    sequence: int = Field(description="The number of its frame.")
    result: EmotionData


class IngestDropped(Message):
    """A picture was not analysed."""

    number: int = Field(description="Which of the client's pictures, counted from 1.")
    dropped: str = Field(description="Why.")
