"""Which label is shown: scores are smoothed, and another label has to win clearly, and not at once again."""

import math
from collections.abc import Sequence
from typing import Final

from contracts.emotions import EMOTIONS, Emotion
from contracts.results import Face

SCORES_SETTLE_S: Final = 0.2
"""Time constant of the exponential smoothing of scores: an expression lasts for 0.5 to 4 s (Ekman 2003). Chosen
with the two below by ``benchmarks/labels.py``: at 5 and at 15 frames a second labels flip at least five times less
often than as they are read, and true changes are shown in time."""
MARGIN: Final = 0.05
"""By which another label's smoothed score has to be higher than that of the label that is shown."""
HOLD_S: Final = 0.3
"""For so long a label is shown at least."""

Label = tuple[Emotion | None, float]
"""What is shown, and since when, in seconds since 1970."""


def smooth(before: Sequence[float], face: Face, passed_s: float) -> tuple[float, ...]:
    """Scores in the order of the labels, smoothed; empty where no expression was read.

    Args:
        before: smoothed so far.
        face: as it was read now.
        passed_s: since then.
    """
    now = scores_of(face)
    if len(now) != len(before):  # one of them was read by a worker that reads no expressions
        return now
    weight = 1 - math.exp(-passed_s / SCORES_SETTLE_S)
    return tuple(a + (b - a) * weight for a, b in zip(before, now, strict=True))


def choose(scores: Sequence[float], shown: Label, now: float) -> Label:
    """Which label is shown from `now` on, in seconds since 1970."""
    if not scores:
        return None, now
    best = max(range(len(EMOTIONS)), key=lambda place: scores[place])
    label, since = shown
    if label is None:
        return EMOTIONS[best], now
    clearly = scores[best] > scores[EMOTIONS.index(label)] + MARGIN
    return (EMOTIONS[best], now) if clearly and abs(now - since) >= HOLD_S else shown


def scores_of(face: Face) -> tuple[float, ...]:
    """In the order of the labels; empty where no expression was read."""
    return tuple(face.scores[label] for label in EMOTIONS) if face.scores else ()
