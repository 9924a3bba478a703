"""What the tracker knows; it travels through Redis between frames, and so between workers."""

import json
from typing import Final, Literal

from pydantic import Field, ValidationError

from contracts.emotions import Emotion
from contracts.frames import FrameStamp
from contracts.results import Message

FORGET_AFTER_S: Final = 2.0
"""A face that was not found for so long is a new one when it comes back."""
HIDDEN_S: Final = 5.0
"""One that is expected behind another face is remembered until `FORGET_AFTER_S` after that, and for so long in all."""


class Track(Message):
    """One followed face."""

    track: int
    centre: tuple[float, float]
    """Pixels."""
    velocity: tuple[float, float]
    """Sizes of the face a second."""
    size: tuple[float, float]
    """Width and height, in pixels."""
    spread: tuple[float, float, float]
    """How unsure place and velocity are: variance of the place, covariance, variance of the velocity, in sizes of the
    face and seconds. The same for both axes."""
    seen_at: float
    """Seconds since 1970."""
    scores: tuple[float, ...]
    """Smoothed, in the order of the labels; empty where no expression was read."""
    emotion: Emotion | None
    """The label that is shown."""
    since: float
    """Since when that is shown, in seconds since 1970."""
    hidden_at: float = 0.0
    """When it was last expected behind another face, in seconds since 1970."""


class TrackerState(Message):
    """Everything the tracker knows of a camera."""

    version: Literal[2] = 2
    next_track: int = 1
    tracks: list[Track] = Field(default_factory=list)

    @classmethod
    def load(cls, stored: tuple[FrameStamp, bytes] | None, epoch: int) -> "TrackerState":
        """The stored state if it belongs to this epoch and can be read; else an empty one."""
        if stored is None or stored[0].epoch != epoch:
            return cls()
        try:
            return cls.model_validate_json(stored[1], extra="ignore")
        except ValidationError:  # written by another version: faces are found anew, and no identity is given twice
            return cls(next_track=_next_track(stored[1]))

    def dump(self) -> bytes:
        """To be stored. Members of later versions are left out where they say nothing: older workers read none."""
        return self.model_dump_json(exclude_defaults=True).encode()

    def scaled(self, by: float) -> "TrackerState":
        """The same for frames that are so many times as wide: a browser sends smaller ones over a slow line."""
        tracks = [
            track.model_copy(update={"centre": _times(track.centre, by), "size": _times(track.size, by)})
            for track in self.tracks
        ]
        return self.model_copy(update={"tracks": tracks})


def _times(pair: tuple[float, float], by: float) -> tuple[float, float]:
    return pair[0] * by, pair[1] * by


def _next_track(stored: bytes) -> int:
    try:
        return max(1, int(json.loads(stored)["next_track"]))
    except (ValueError, TypeError, LookupError):
        return 1
