"""Views: in which form a viewer wants to see a camera, and one picture in that form."""

import re
from typing import Final, NamedTuple, Self

from pydantic import Field

from contracts.frames import FrameStamp
from contracts.results import Message

MOST_WIDTH: Final = 3_840
"""Pixels of the longer side; no camera is larger than 4K."""
LEAST_QUALITY: Final = 10
MOST_QUALITY: Final = 95
"""Of JPEG; more costs bytes and shows nothing."""
QUALITY: Final = 80
MOST_FPS: Final = 60
_TEXT: Final = re.compile(r"(\d{1,4})\.(\d{1,2})\.(\d{1,2})\.([01])\.([01])", re.ASCII)


class Variant(NamedTuple):
    """The form of a view. Viewers who want the same one share it: it is drawn and encoded once a frame."""

    width: int = 0
    """Pixels that the longer side has at most; 0: as many as the camera's."""
    quality: int = QUALITY
    """Of JPEG, 10 to 95."""
    fps: int = 0
    """Pictures a second at most; 0: as many as are analysed."""
    boxes: bool = True
    """Whether faces have their boxes and labels drawn."""
    blur: bool = False
    """Whether faces are made unrecognizable; those of a camera with blur are in all views."""

    @property
    def text(self) -> str:
        """Its name in Redis."""
        return ".".join(str(int(part)) for part in self)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The variant of that name; None if it is no such name, or beyond the limits."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        width, quality, fps, boxes, blur = map(int, found.groups())
        sound = width <= MOST_WIDTH and LEAST_QUALITY <= quality <= MOST_QUALITY
        return cls(width, quality, fps, bool(boxes), bool(blur)) if sound and fps <= MOST_FPS else None


DEFAULT: Final = Variant()
"""What `/video_feed` shows without options."""


class ViewOptions(Message):
    """The options of a view."""

    width: int = Field(
        0, ge=0, le=MOST_WIDTH, description="Pixels that the longer side has at most; 0: as many as the camera's."
    )
    quality: int = Field(QUALITY, ge=LEAST_QUALITY, le=MOST_QUALITY, description="Of JPEG.")
    fps: int = Field(0, ge=0, le=MOST_FPS, description="Pictures a second, at most; 0: as many as are analysed.")
    boxes: bool = Field(True, description="Whether faces have their boxes and labels drawn.")
    blur: bool = Field(
        False, description="Whether faces are made unrecognizable; those of a camera that is set so always are."
    )

    @property
    def variant(self) -> Variant:
        """What is asked for."""
        return Variant(self.width, self.quality, self.fps, self.boxes, self.blur)


class View(NamedTuple):
    """One picture of a camera, ready for viewers of one variant."""

    stamp: FrameStamp
    captured_at: float
    """Seconds since 1970, by Redis' clock."""
    jpeg: bytes
    model: str
    """The network whose readings are drawn, or `NO_MODEL`; empty if the worker did not say."""
    blurred: bool = False
    """Whether faces were made unrecognizable; workers of versions that cannot do it do not say so either."""
    result: bytes = b""
    """The analysis of exactly this frame, a `FrameResult` as JSON; empty from workers of versions before."""
    due: float = 0.0
    """When the next one of this variant is due: as `captured_at`."""


def next_due(due: float, taken_at: float, fps: int) -> float | None:
    """Whether a picture is due in a variant of so many a second, and when the next one is.

    The generic cell rate algorithm (ITU-T I.371) with half a period of tolerance: never more than the rate in the long
    run, and all of it from a camera whose frames come unevenly.

    Args:
        due: as it was returned for the picture before; 0 before the first.
        taken_at: when this one was taken.
        fps: pictures a second; 0: all.

    Returns:
        None if it is too early. Times in seconds since 1970.
    """
    if not fps:
        return taken_at
    period = 1 / fps
    if due > taken_at + 2 * period:  # of a time before the clock was put back
        due = 0.0
    return None if taken_at < due - period / 2 else max(due, taken_at) + period
