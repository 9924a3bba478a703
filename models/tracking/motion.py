"""Where a face is expected: a Kalman filter of constant velocity, as in SORT (Bewley 2016) and DeepSORT (Wojke 2017).

Lengths are in sizes of the face, the geometric mean of its width and height, so that one set of constants serves faces
of all sizes; the time between frames may be any.
"""

import math
from typing import Final, NamedTuple

from contracts.results import Box
from models.tracking.state import Track

ACCELERATION: Final = 2.0
"""Of heads, one standard deviation, in sizes a second squared: from rest to one a second within half a second."""
FOUND_WITHIN: Final = 0.05
"""How far off a detector's box is, one standard deviation, in sizes."""
FIRST_VELOCITY: Final = 1.5
"""Of a face that is new, one standard deviation, in sizes a second."""
STEADY_S: Final = 0.25
"""For so long a face is expected to go on as it did."""
FADES_S: Final = 1.5
"""One that is not seen for longer is expected to come to rest, with this time constant."""
SIZE_SETTLE_S: Final = 0.1
"""Time constant of the smoothing of width and height."""


class Expected(NamedTuple):
    """A track at the time of a frame, before that is looked at."""

    track: Track
    centre: tuple[float, float]
    velocity: tuple[float, float]
    spread: tuple[float, float, float]
    passed_s: float
    """Since the face was seen."""

    @property
    def scale(self) -> float:
        """Its size in pixels."""
        return math.sqrt(self.track.size[0] * self.track.size[1])


def expect(track: Track, now: float) -> Expected:
    """Where the face is to be expected; `now` in seconds since 1970."""
    passed = max(0.0, now - track.seen_at)
    scale = math.sqrt(track.size[0] * track.size[1])
    steady, rest = min(passed, STEADY_S), math.exp(-max(0.0, passed - STEADY_S) / FADES_S)
    way = steady + FADES_S * (1 - rest)
    (x, y), (vx, vy), (place, both, speed) = track.centre, track.velocity, track.spread
    noise = ACCELERATION**2
    spread = (
        place + 2 * way * both + way**2 * speed + noise * passed**4 / 4,
        rest * (both + way * speed) + noise * passed**3 / 2,
        rest**2 * speed + noise * passed**2,
    )
    return Expected(track, (x + vx * scale * way, y + vy * scale * way), (vx * rest, vy * rest), spread, passed)


class Motion(NamedTuple):
    """Where a face is now, and how it moves: the fields of a `Track`."""

    centre: tuple[float, float]
    velocity: tuple[float, float]
    size: tuple[float, float]
    spread: tuple[float, float, float]


def begin(box: Box) -> Motion:
    """Of a face that is new."""
    return Motion(centre_of(box), (0.0, 0.0), (box.width, box.height), (FOUND_WITHIN**2, 0.0, FIRST_VELOCITY**2))


def correct(expected: Expected, box: Box) -> Motion:
    """Of a face that was expected, and found."""
    place, both, speed = expected.spread
    of_place, of_speed = (part / (place + FOUND_WITHIN**2) for part in (place, both))
    scale, found = expected.scale, centre_of(box)
    off = [(now - then) / scale for now, then in zip(found, expected.centre, strict=True)]
    x, y = (then + of_place * by * scale for then, by in zip(expected.centre, off, strict=True))
    vx, vy = (then + of_speed * by for then, by in zip(expected.velocity, off, strict=True))
    weight = 1 - math.exp(-expected.passed_s / SIZE_SETTLE_S)
    width, height = (
        then + weight * (now - then) for then, now in zip(expected.track.size, (box.width, box.height), strict=True)
    )
    spread = ((1 - of_place) * place, (1 - of_place) * both, speed - of_speed * both)
    return Motion((x, y), (vx, vy), (width, height), spread)


def centre_of(box: Box) -> tuple[float, float]:
    """Of a box, in pixels."""
    return box.x + box.width / 2, box.y + box.height / 2
