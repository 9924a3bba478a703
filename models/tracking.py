"""Following faces from frame to frame, so that labels do not flicker. Pure: state in, state out."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field, ValidationError

from contracts.emotions import EMOTIONS, Emotion
from contracts.frames import FrameStamp, TrackedFace
from contracts.results import Box, Face, Message
from models.boxes import corners, iou

MIN_OVERLAP: Final = 0.3
"""Intersection over union from which two boxes are the same face: frames are 60 to 200 ms apart."""
SCORES_SETTLE_S: Final = 0.35
"""Time constant of the exponential smoothing of scores: an expression lasts for 0.5 to 4 s (Ekman 2003)."""
BOX_SETTLE_S: Final = 0.05
"""The same for boxes: enough to calm jitter of a pixel or two without lagging behind a moving head."""
FORGET_AFTER_S: Final = 0.7
"""A face that was not found for so long is a new one when it comes back."""


class Track(Message):
    """One followed face."""

    track: int
    box: tuple[float, float, float, float]
    scores: tuple[float, ...]
    seen_at: float


class TrackerState(Message):
    """Everything the tracker knows; travels through Redis between frames, and so between workers."""

    version: Literal[1] = 1
    next_track: int = 1
    tracks: list[Track] = Field(default_factory=list)

    @classmethod
    def load(cls, stored: tuple[FrameStamp, bytes] | None, epoch: int) -> "TrackerState":
        """The stored state if it belongs to this epoch and can be read; else an empty one."""
        if stored is None or stored[0].epoch != epoch:
            return cls()
        try:
            return cls.model_validate_json(stored[1])
        except ValidationError:  # written by another version: start afresh, a face more or less is no loss
            return cls()


def follow(
    state: TrackerState, faces: Sequence[Face], seen_at: float, begin_score: float = 0.0
) -> tuple[TrackerState, list[TrackedFace]]:
    """Match the faces of a new frame with those followed so far, and smooth boxes and scores.

    Args:
        state: after the frame before.
        faces: of the new frame.
        seen_at: when it was captured, seconds since 1970.
        begin_score: detection score from which a face begins a track; one of a lower score only continues one, so
            that a face does not come and go with every frame (hysteresis).

    Returns:
        The state after this frame, and the faces with their tracks, in the order given.
    """
    remaining = {track.track: track for track in state.tracks if seen_at - track.seen_at <= FORGET_AFTER_S}
    next_track = state.next_track
    updated: list[Track] = []
    shown: list[TrackedFace] = []
    for face, match in zip(faces, _match(faces, list(remaining.values())), strict=True):
        if match is None and face.detection_score < begin_score:
            continue
        if match is None:
            track = Track(track=next_track, box=_rectangle(face.box), scores=_vector(face), seen_at=seen_at)
            next_track += 1
        else:
            track = _smoothed(remaining.pop(match), face, seen_at)
        updated.append(track)
        shown.append(_show(track, face))
    lost = list(remaining.values())
    return TrackerState(next_track=next_track, tracks=updated + lost), shown


def _match(faces: Sequence[Face], tracks: Sequence[Track]) -> list[int | None]:
    """For each face the track it continues: greedily, the largest overlap first."""
    matches: list[int | None] = [None] * len(faces)
    if not faces or not tracks:
        return matches
    found, followed = corners([_rectangle(face.box) for face in faces]), corners([track.box for track in tracks])
    shares = iou(found[:, None], followed[None]).tolist()
    pairs = sorted(
        ((shares[i][j], i, track.track) for i in range(len(faces)) for j, track in enumerate(tracks)), reverse=True
    )
    taken: set[int] = set()
    for share, i, track in pairs:
        if share >= MIN_OVERLAP and matches[i] is None and track not in taken:
            matches[i] = track
            taken.add(track)
    return matches


def _smoothed(track: Track, face: Face, seen_at: float) -> Track:
    passed = max(0.0, seen_at - track.seen_at)
    box_weight, score_weight = (1 - math.exp(-passed / settle) for settle in (BOX_SETTLE_S, SCORES_SETTLE_S))
    left, top, width, height = _blend(track.box, _rectangle(face.box), box_weight)
    scores = _vector(face)
    if len(scores) == len(track.scores):  # else one of them was read by a worker that reads no expressions
        scores = _blend(track.scores, scores, score_weight)
    return Track(
        track=track.track,
        box=(left, top, width, height),
        scores=scores,
        seen_at=seen_at,
    )


def _show(track: Track, face: Face) -> TrackedFace:
    scores: dict[Emotion, float] = dict(zip(EMOTIONS, track.scores, strict=True)) if track.scores else {}
    emotion = max(scores, key=lambda label: scores[label], default=None)
    left, top, width, height = (round(value) for value in track.box)
    box = Box(x=max(0, left), y=max(0, top), width=max(1, width), height=max(1, height))
    return TrackedFace(
        track=track.track,
        box=box,
        emotion=emotion,
        confidence=min(1.0, scores[emotion]) if emotion else None,
        scores=scores,
        detection_score=face.detection_score,
    )


def _blend(old: Sequence[float], new: Sequence[float], weight: float) -> tuple[float, ...]:
    return tuple(a + (b - a) * weight for a, b in zip(old, new, strict=True))


def _rectangle(box: Box) -> tuple[float, float, float, float]:
    """Left, top, width and height, in pixels."""
    return float(box.x), float(box.y), float(box.width), float(box.height)


def _vector(face: Face) -> tuple[float, ...]:
    """Scores in the order of the labels; empty where no expression was read."""
    return tuple(face.scores[label] for label in EMOTIONS) if face.scores else ()
