"""What is told beside a picture on a viewers' WebSocket, and how the two make one message.

A message is binary: four bytes, big-endian, with the length of the header; the header, a JSON object in UTF-8; the
JPEG, which is empty where only the state has changed. What all viewers of a picture are told is written once.
"""

from struct import Struct
from typing import Final, Literal

from pydantic import Field

from api.live.schemas import LiveFace
from contracts.emotions import Head
from contracts.errors import InvalidImage, MienError
from contracts.frames import FrameResult, FrameStamp
from contracts.results import Message
from contracts.storage.records import read_record
from models.images.header import read_header

_LENGTH: Final = Struct(">I")
_MOST_PIXELS: Final = 1 << 31
"""A frame's size is only told: nothing is decoded here."""


class Told(Message):
    """Of the picture itself."""

    picture: Literal["analyzed", "plain", "placeholder"] = Field(
        "placeholder", description="`plain`: the analysis is late, and there are no faces; `placeholder`: no picture."
    )
    epoch: int | None = None
    sequence: int | None = Field(None, description="Number of the frame; it never goes back.")
    captured_at: float | None = Field(None, description="When it was taken: seconds since 1970, UTC.")
    width: int | None = Field(
        None, description="Pixels of the frame, in which boxes are given; the JPEG may be smaller."
    )
    height: int | None = None
    faces: list[LiveFace] | None = Field(None, description="Of exactly this frame; null where it was not analysed.")
    model: str | None = None
    labels: Head | None = None


class LiveHeader(Told):
    """The header of a message."""

    camera: str
    serial: int = Field(description="Number of the message on this connection; to be sent back once it is drawn.")
    state: str = Field(description="`connecting`, `live`, `stalled` or `gone`.")
    reason: str | None = Field(None, description="Why it is not live.")
    kind: str | None = Field(None, description="What the camera is: `device`, `rtsp`, `demo`, …")
    age_ms: int | None = Field(None, description="Milliseconds since the frame was taken, as this is sent.")
    message: str | None = Field(None, description="A sentence for people, where something is missing.")


def of_view(result: bytes, stamp: FrameStamp, captured_at: float | None, *, faces_only: bool) -> Told:
    """What is told beside a view.

    Args:
        result: the analysis of its frame, as stored; empty, or not to be read: as of another version.
        stamp: of the frame.
        captured_at: seconds since 1970.
        faces_only: whether no emotion is told.
    """
    try:
        read = read_record(FrameResult, result, "The analysis of a view")
    except MienError:
        return Told(picture="analyzed", epoch=stamp.epoch, sequence=stamp.sequence, captured_at=captured_at)
    read = read.without_emotions() if faces_only else read
    return Told(
        picture="analyzed",
        epoch=stamp.epoch,
        sequence=stamp.sequence,
        captured_at=captured_at,
        width=read.width,
        height=read.height,
        faces=[LiveFace.tracked(face) for face in read.faces],
        model=read.model,
        labels=read.labels,
    )


def of_frame(jpeg: bytes, stamp: FrameStamp, captured_at: float | None) -> Told:
    """What is told beside a plain frame."""
    told = Told(picture="plain", epoch=stamp.epoch, sequence=stamp.sequence, captured_at=captured_at)
    try:
        size = read_header(jpeg, _MOST_PIXELS)
    except InvalidImage:
        return told
    return told.model_copy(update={"width": size.width, "height": size.height})


def pack(header: str, jpeg: bytes) -> bytes:
    """One message."""
    encoded = header.encode()
    return b"".join((_LENGTH.pack(len(encoded)), encoded, jpeg))
