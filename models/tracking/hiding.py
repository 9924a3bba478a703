"""Faces behind other faces: where somebody is expected whom a nearer one hides, nobody can be found."""

from collections.abc import Iterable
from typing import Final

from models.tracking.motion import Expected
from models.tracking.state import FORGET_AFTER_S, HIDDEN_S, Track

COVERED: Final = 0.3
"""Part of a face that another one has to cover for it to be hidden."""
NEARER: Final = 0.8
"""Least size of the other one, in sizes of the face: who hides somebody is nearer, as a rule."""


def is_remembered(track: Track, now: float) -> bool:
    """Whether a face that comes now, in seconds since 1970, may still be this one. The clock may have been put back."""
    last = max(track.seen_at, track.hidden_at)
    return abs(now - last) <= FORGET_AFTER_S and abs(now - track.seen_at) <= HIDDEN_S


def hide(expected: Expected, seen: Iterable[Track], now: float) -> Track:
    """A track that was not found, with the note that it is hidden if that is why."""
    if any(_hides(one, expected) for one in seen):
        return expected.track.model_copy(update={"hidden_at": now})
    return expected.track


def _hides(seen: Track, expected: Expected) -> bool:
    width, height = expected.track.size
    across, down = (
        min(a + size / 2, b + other / 2) - max(a - size / 2, b - other / 2)
        for a, size, b, other in zip(expected.centre, expected.track.size, seen.centre, seen.size, strict=True)
    )
    covered = max(0.0, across) * max(0.0, down) / (width * height)
    return covered >= COVERED and seen.size[0] * seen.size[1] >= NEARER**2 * width * height
