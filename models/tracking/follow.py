"""One step: the faces of a new frame are matched with those followed so far, and smoothed."""

from collections.abc import Sequence

from contracts.emotions import EMOTIONS, Emotion
from contracts.frames import TrackedFace
from contracts.results import Box, Face
from models.tracking import labels
from models.tracking.hiding import hide, is_remembered
from models.tracking.matching import match
from models.tracking.motion import Expected, begin, correct, expect
from models.tracking.state import Track, TrackerState


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
    # The clock may have been put back, too: then all faces are new.
    expected = [expect(track, seen_at) for track in state.tracks if is_remembered(track, seen_at)]
    next_track = state.next_track
    updated: list[Track] = []
    shown: list[TrackedFace] = []
    for face, found in zip(faces, match(faces, expected, begin_score), strict=True):
        if found is not None:
            track = _continued(found, face, seen_at)
        elif face.detection_score >= begin_score:
            track = _begun(next_track, face, seen_at)
            next_track += 1
        else:
            continue
        updated.append(track)
        shown.append(_show(track, face))
    seen = {track.track for track in updated}
    lost = [hide(one, updated, seen_at) for one in expected if one.track.track not in seen]
    return TrackerState(next_track=next_track, tracks=updated + lost), shown


def _begun(number: int, face: Face, seen_at: float) -> Track:
    scores = labels.scores_of(face)
    emotion, since = labels.choose(scores, (None, seen_at), seen_at)
    motion = begin(face.box)._asdict()
    return Track(track=number, seen_at=seen_at, scores=scores, emotion=emotion, since=since, **motion)


def _continued(expected: Expected, face: Face, seen_at: float) -> Track:
    before = expected.track
    scores = labels.smooth(before.scores, face, expected.passed_s)
    emotion, since = labels.choose(scores, (before.emotion, before.since), seen_at)
    motion = correct(expected, face.box)._asdict()
    return Track(track=before.track, seen_at=seen_at, scores=scores, emotion=emotion, since=since, **motion)


def _show(track: Track, face: Face) -> TrackedFace:
    scores: dict[Emotion, float] = dict(zip(EMOTIONS, track.scores, strict=True)) if track.scores else {}
    (x, y), (width, height) = track.centre, track.size
    left, top = round(x - width / 2), round(y - height / 2)
    return TrackedFace(
        track=track.track,
        box=Box(x=max(0, left), y=max(0, top), width=max(1, round(width)), height=max(1, round(height))),
        emotion=track.emotion,
        confidence=min(1.0, scores[track.emotion]) if track.emotion else None,
        scores=scores,
        detection_score=face.detection_score,
        quality=face.quality,
        raw_scores=face.scores,
    )
