"""From samples to what happened: who was seen from when to when with which expression, and the mood of the room.

A person is a number of the tracker in one epoch of the camera. Nobody is recognized: who leaves and comes back is
somebody else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import Final, NamedTuple

from api.live.history_schemas import Gap, HistoryData, Person, RoomMood, Span
from contracts.emotions import Emotion
from contracts.history import HistorySample, SampledFace
from contracts.responses import rounded

MOST_SAMPLES: Final = 3_600
"""Of one answer: an hour."""
TOGETHER_S: Final = 2.5
"""Samples are a second apart; longer without one, the camera has told nothing in between."""
ROOM_S: Final = 10.0
ROOM_SAMPLES: Final = 8
"""Of these seconds at least: else nobody knows who was there all the time."""
ROOM_PEOPLE: Final = 3
"""The mood of fewer would be that of known people."""
BASELINE_SAMPLES: Final = 10
"""Of a person who was seen for less time nothing is usual."""

Scores = dict[Emotion, float]


class _Sighting(NamedTuple):
    number: int
    """Of the sample."""
    at: float
    face: SampledFace


def tell(camera: str, samples: Sequence[HistorySample], since: float, until: float) -> HistoryData:
    """What these samples say, the oldest first.

    Args:
        camera: its name.
        samples: of this time.
        since: seconds since 1970.
        until: the same; where there are more samples than an answer may tell, they end earlier.
    """
    told = samples[:MOST_SAMPLES]
    return HistoryData(
        camera=camera,
        since=since,
        until=samples[MOST_SAMPLES].captured_at if len(samples) > len(told) else until,
        truncated=len(samples) > len(told),
        people=_people(told),
        room=_room(told),
    )


def _people(samples: Sequence[HistorySample]) -> list[Person]:
    seen: defaultdict[str, list[_Sighting]] = defaultdict(list)
    for number, sample in enumerate(samples):
        for face in sample.faces:
            seen[person_of(sample, face)].append(_Sighting(number, sample.captured_at, face))
    compared = any(sample.baseline for sample in samples)
    return [_person(person, sightings, compared=compared) for person, sightings in seen.items()]


def person_of(sample: HistorySample, face: SampledFace) -> str:
    """The name of a person, who has no other: epoch and number."""
    return f"{sample.epoch}-{face.track}"


def _person(person: str, sightings: list[_Sighting], *, compared: bool) -> Person:
    baseline = _usual(sightings) if compared else None
    spans, gaps, part = list[Span](), list[Gap](), [sightings[0]]
    for before, now in pairwise(sightings):
        broken = now.number != before.number + 1 or now.at - before.at > TOGETHER_S
        if broken or now.face.emotion != before.face.emotion:
            spans.append(_span(part, before.at if broken else now.at, baseline))
            part = []
        if broken:
            gaps.append(Gap(since=before.at, until=now.at))
        part.append(now)
    spans.append(_span(part, sightings[-1].at, baseline))
    return Person(
        person=person,
        track=sightings[0].face.track,
        first_at=sightings[0].at,
        last_at=sightings[-1].at,
        seen_s=round(sum(span.until - span.since for span in spans), 3),
        spans=spans,
        gaps=gaps,
        baseline=None if baseline is None else rounded(baseline),
    )


def _span(part: list[_Sighting], until: float, baseline: Scores | None) -> Span:
    mean = _mean([one.face.shares for one in part])
    emotion = part[0].face.emotion
    return Span(
        since=part[0].at,
        until=until,
        emotion=emotion,
        confidence=None if emotion is None or not mean else round(mean[emotion], 2),
        above_baseline=None if baseline is None else rounded({label: mean[label] - baseline[label] for label in mean}),
    )


def _usual(sightings: list[_Sighting]) -> Scores | None:
    """How a person mostly looks, as when talking without an expression: the median of each score."""
    shares = [one.face.shares for one in sightings if one.face.scores]
    if len(shares) < BASELINE_SAMPLES:
        return None
    return {label: median(one[label] for one in shares) for label in shares[0]}


def _room(samples: Iterable[HistorySample]) -> list[RoomMood]:
    """By ten seconds, of those in which at least three people were seen all the time."""
    parts: defaultdict[int, list[HistorySample]] = defaultdict(list)
    for sample in samples:
        parts[int(sample.captured_at // ROOM_S)].append(sample)
    return [
        RoomMood(
            since=number * ROOM_S,
            until=(number + 1) * ROOM_S,
            people=round(fmean(len(sample.faces) for sample in part), 1),
            scores=rounded(_mean([face.shares for sample in part for face in sample.faces])),
        )
        for number, part in parts.items()
        if len(part) >= ROOM_SAMPLES and all(len(sample.faces) >= ROOM_PEOPLE for sample in part)
    ]


def _mean(shares: Sequence[Scores]) -> Scores:
    read = [one for one in shares if one]
    return {label: fmean(one[label] for one in read) for label in read[0]} if read else {}
