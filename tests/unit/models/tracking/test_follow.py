"""Following faces: identities, smoothing, forgetting."""

import pytest

from contracts.emotions import EMOTIONS
from contracts.results import Box, Face
from models.tracking import FORGET_AFTER_S, TrackerState, follow
from models.tracking.matching import WEAK_WITHIN_S


def face(x: int, emotion: str = "Happy", y: int = 100, score: float = 0.9) -> Face:
    scores = {label: 0.94 if label == emotion else 0.01 for label in EMOTIONS}
    return Face(
        box=Box(x=x, y=y, width=80, height=80), emotion=emotion, confidence=0.94, scores=scores, detection_score=score
    )


def test_a_moving_face_keeps_its_track() -> None:
    state, seen = TrackerState(), []
    for step in range(10):
        state, shown = follow(state, [face(100 + 8 * step)], step * 0.1)
        seen.append(shown[0].track)
    assert seen == [1] * 10


def test_a_walking_face_keeps_its_track_from_place_to_place_and_while_it_is_turned_away() -> None:
    state, seen = TrackerState(), []
    for step in range(30):
        found = [] if 10 <= step < 20 else [face(100 + 16 * step)]  # two sizes a second
        state, shown = follow(state, found, step * 0.1)
        seen += [one.track for one in shown]
    assert set(seen) == {1}


def test_faces_that_pass_each_other_keep_their_tracks_although_one_hides_the_other() -> None:
    state, seen = TrackerState(), dict[int, set[int]]()
    for step in range(40):
        places = {1: 100 + 12 * step, 2: 580 - 12 * step}
        hidden = abs(places[1] - places[2]) < 60
        people = [1] if hidden else [1, 2]
        state, shown = follow(state, [face(places[person]) for person in people], step / 15)
        for person, one in zip(people, shown, strict=True):
            seen.setdefault(person, set()).add(one.track)
    assert seen == {1: {1}, 2: {2}}


def test_a_weak_face_continues_nothing_that_was_not_seen_for_long() -> None:
    state, _ = follow(TrackerState(), [face(100)], 0, begin_score=0.6)
    _, shown = follow(state, [face(110, score=0.5)], WEAK_WITHIN_S + 0.1, begin_score=0.6)
    assert shown == []
    _, shown = follow(state, [face(110, score=0.9)], WEAK_WITHIN_S + 0.1, begin_score=0.6)
    assert [one.track for one in shown] == [1]


def test_two_faces_are_told_apart_whatever_their_order() -> None:
    state, first = follow(TrackerState(), [face(100), face(300)], 0)
    _, second = follow(state, [face(304), face(102)], 0.1)
    assert [shown.track for shown in first] == [1, 2]
    assert [shown.track for shown in second] == [2, 1]


def test_a_single_odd_frame_does_not_change_the_label_and_a_lasting_change_does() -> None:
    state, _ = follow(TrackerState(), [face(100)], 0)
    state, odd = follow(state, [face(100, "Fear")], 0.07)
    assert odd[0].emotion == "Happy"
    for step in range(2, 12):
        state, shown = follow(state, [face(100, "Fear")], step * 0.07)
    assert shown[0].emotion == "Fear"
    assert sum(shown[0].scores.values()) == pytest.approx(1)


def test_a_face_lost_for_a_moment_is_the_same_and_for_long_is_another() -> None:
    state, _ = follow(TrackerState(), [face(100)], 0)
    state, nothing = follow(state, [], 0.1)
    assert nothing == []
    _, back = follow(state, [face(100)], FORGET_AFTER_S - 0.05)
    assert back[0].track == 1
    _, other = follow(state, [face(100)], FORGET_AFTER_S + 0.5)
    assert other[0].track == 2


def test_when_the_clock_is_put_back_faces_are_new_and_their_labels_change_again() -> None:
    state, _ = follow(TrackerState(), [face(100)], 7_200)
    state, new = follow(state, [face(100)], 3_600)
    assert [one.track for one in new] == [2]
    assert [track.track for track in state.tracks] == [2]
    for step in range(1, 15):
        state, shown = follow(state, [face(100, "Fear")], 3_600 + step * 0.07)
    assert shown[0].emotion == "Fear"


def test_what_a_frame_alone_shows_stands_beside_what_is_smoothed() -> None:
    state, _ = follow(TrackerState(), [face(100)], 0)
    odd = face(100, "Fear").model_copy(update={"quality": ["cut"]})
    _, shown = follow(state, [odd], 0.07)
    assert (shown[0].raw_scores, shown[0].quality) == (odd.scores, ["cut"])
    assert shown[0].scores["Fear"] < odd.scores["Fear"]


def test_a_new_face_is_shown_exactly_as_found() -> None:
    _, shown = follow(TrackerState(), [face(100)], 0)
    assert shown[0].box == face(100).box
    assert shown[0].scores == face(100).scores


def test_faces_without_emotions_are_followed_and_their_workers_may_change() -> None:
    bare = face(100).model_copy(update={"emotion": None, "confidence": None, "scores": {}})
    state, first = follow(TrackerState(), [bare], 0)
    state, second = follow(state, [bare], 0.1)
    for shown in (*first, *second):
        assert (shown.track, shown.emotion, shown.confidence, shown.scores) == (1, None, None, {})
    state, read = follow(state, [face(102)], 0.2)
    assert (read[0].track, read[0].emotion) == (1, "Happy")
    _, again = follow(state, [bare], 0.3)
    assert (again[0].track, again[0].emotion) == (1, None)


def test_a_face_of_a_low_score_continues_a_track_and_begins_none() -> None:
    state, begun = follow(TrackerState(), [face(100, score=0.5)], 0, begin_score=0.6)
    assert begun == state.tracks == []
    state, begun = follow(state, [face(100, score=0.6)], 0.1, begin_score=0.6)
    assert [shown.track for shown in begun] == [1]
    _, kept = follow(state, [face(104, score=0.5), face(400, score=0.5)], 0.2, begin_score=0.6)
    assert [(shown.track, shown.detection_score) for shown in kept] == [(1, 0.5)]
