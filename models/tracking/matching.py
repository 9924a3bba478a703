"""Which face continues which track: the likeliest pairs first, those that the detector is sure of before others."""

import math
from collections.abc import Sequence
from typing import Final

from contracts.results import Face
from models.tracking.motion import Expected, centre_of

GATE: Final = 16.0
"""Squared distance, in standard deviations, beyond which a face is another one: four of them."""
REACH: Final = 2.0
"""The same in sizes of the face, whatever was expected."""
ABRUPT: Final = 0.15
"""Of what no filter expects, heads that turn round, one standard deviation, in sizes."""
USUAL: Final = 0.08
"""The same where several faces may be one person: it is the one that is where it was expected, for most heads are."""
WEAK_WITHIN_S: Final = 0.5
"""A weak face continues only what was seen so short a time ago: it may be no face."""
SIZES: Final = 0.15
"""How much the logarithm of a face's size differs from frame to frame, one standard deviation."""


def match(faces: Sequence[Face], expected: Sequence[Expected], begin_score: float) -> list[Expected | None]:
    """For each face the track that it continues.

    Two passes, as in ByteTrack (Zhang 2022): faces of which the detector is sure choose first, weak ones continue what
    is left.

    Args:
        faces: of the frame.
        expected: tracks, and where they are expected.
        begin_score: from which on the detector is sure.
    """
    matches: list[Expected | None] = [None] * len(faces)
    left = dict(enumerate(expected))
    for sure in (True, False):
        those = [place for place, face in enumerate(faces) if (face.detection_score >= begin_score) is sure]
        pairs = sorted(
            (cost, place, number)
            for place in those
            for number, track in left.items()
            if (sure or track.passed_s <= WEAK_WITHIN_S) and (cost := _cost(faces[place], track)) is not None
        )
        for _, place, number in pairs:
            if matches[place] is None and number in left:
                matches[place] = left.pop(number)
    return matches


def _cost(face: Face, expected: Expected) -> float | None:
    """How unlikely it is that this is the expected face; none: out of the question."""
    scale = expected.scale
    off = math.dist(centre_of(face.box), expected.centre) / scale
    found = math.sqrt(face.box.width * face.box.height)
    sizes = (math.log(found / scale) / SIZES) ** 2
    if off > REACH or off**2 / (expected.spread[0] + ABRUPT**2) + sizes > GATE:
        return None
    variance = expected.spread[0] + USUAL**2
    return off**2 / variance + sizes + 2 * math.log(variance)  # twice the negative logarithm of the likelihood
