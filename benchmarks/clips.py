"""Made clips of faces whose truth is known: people who walk, cross, look away, in videos that drop frames."""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from contracts.emotions import EMOTIONS
from contracts.results import Box, Face

WIDTH, HEIGHT = 1280, 720
SECONDS: Final = 20.0
BEGIN_SCORE: Final = 0.5
_JITTER: Final = 0.02
"""Of a detector's boxes, in parts of their size, one standard deviation."""
_MISSED, _WEAK = 0.03, 0.10
"""Parts of the faces that the detector does not find, and finds with a score that begins no track."""
_FALSE: Final = 0.02
"""Boxes a frame that are no face, and are as weak."""
_HIDDEN_OVERLAP: Final = 0.4
"""Of two faces that overlap by so much of the smaller one, only the nearer one is seen."""

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height, in pixels."""


class Moment(NamedTuple):
    """One frame of a clip."""

    seen_at: float
    """Seconds."""
    truth: dict[int, Rectangle]
    """Person → face, of those that can be seen."""
    faces: list[Face]
    """What the detector finds."""


class Person(NamedTuple):
    """Walks on a smooth path; all values in pixels and seconds."""

    top: float
    size: float
    speed: float
    """In the middle of the picture; at its edges it turns round."""
    turn: float
    sway: float
    phase: float
    away: tuple[float, ...]
    """When the person looks away, for a second each."""

    def face(self, t: float) -> Rectangle | None:
        """Where the face is; none while it is turned away, or out of the picture."""
        if any(begin <= t < begin + 1 for begin in self.away):
            return None
        half = (WIDTH - 1.1 * self.size) / 2
        x = half * (1 + math.sin(self.speed / half * t + self.turn))
        y = self.top + self.sway * math.sin(1.3 * t + self.phase)
        size = self.size * (1 + 0.1 * math.sin(0.7 * t + self.phase))
        return x, min(max(0.0, y), HEIGHT - size), size, size


def clip(kind: str, fps: float, seed: int) -> Iterator[Moment]:
    """The frames of a clip.

    Args:
        kind: ``paths`` (nobody crosses anybody), ``crossings``, ``look-aways``, ``dropped`` (the last, and 30 % of the
            frames are missing).
        fps: frames a second.
        seed: of everything that is by chance.
    """
    random = np.random.default_rng(seed)
    people = _people(kind, random)
    for number in range(int(SECONDS * fps)):
        seen_at = number / fps
        if kind == "dropped" and random.random() < 0.3:
            continue
        truth = _visible({index: face for index, one in enumerate(people) if (face := one.face(seen_at))})
        yield Moment(seen_at, truth, _detected(truth, random))


def _people(kind: str, random: np.random.Generator) -> list[Person]:
    lanes, absent = 4, kind in ("look-aways", "dropped")
    people = []
    for lane in range(lanes):
        size = random.uniform(60, 130)
        top = lane * HEIGHT / lanes + 20 if kind != "crossings" else HEIGHT / 2 + random.uniform(-40, 40)
        away = (
            tuple(random.uniform(low, low + 3) for low in (1.5, 7.5, 13.5)) if kind in ("look-aways", "dropped") else ()
        )
        sway = 15.0 if kind != "crossings" else 40.0
        speed = random.uniform(0.3, 3.0) * size
        people.append(
            Person(top, size, speed, random.uniform(0, 6), sway, random.uniform(0, 6), away if absent else ())
        )
    return people


def _visible(faces: dict[int, Rectangle]) -> dict[int, Rectangle]:
    nearest_first = sorted(faces, key=lambda person: -faces[person][2])
    seen: dict[int, Rectangle] = {}
    for person in nearest_first:
        if all(_covered(faces[person], other) < _HIDDEN_OVERLAP for other in seen.values()):
            seen[person] = faces[person]
    return seen


def _covered(face: Rectangle, by: Rectangle) -> float:
    width = min(face[0] + face[2], by[0] + by[2]) - max(face[0], by[0])
    height = min(face[1] + face[3], by[1] + by[3]) - max(face[1], by[1])
    return max(0.0, width) * max(0.0, height) / (face[2] * face[3])


def _detected(truth: dict[int, Rectangle], random: np.random.Generator) -> list[Face]:
    found = []
    for left, top, width, height in truth.values():
        if random.random() < _MISSED:
            continue
        weak = random.random() < _WEAK
        dx, dy, dw, dh = random.normal(0, _JITTER * width, 4)
        found.append(_face((left + dx, top + dy, width + dw, height + dh), 0.35 if weak else 0.9))
    if random.random() < _FALSE:
        size = random.uniform(30, 100)
        place = (random.uniform(0, WIDTH - size), random.uniform(0, HEIGHT - size), size, size)
        found.append(_face(place, 0.35))
    return found


def _face(rectangle: Rectangle, score: float) -> Face:
    left, top, width, height = (max(0, round(value)) for value in rectangle)
    scores = dict.fromkeys(EMOTIONS, 0.0) | {"Neutral": 1.0}
    box = Box(x=left, y=top, width=max(1, width), height=max(1, height))
    return Face(box=box, emotion="Neutral", confidence=1.0, scores=scores, detection_score=score)
