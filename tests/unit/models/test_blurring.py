"""Whole heads are covered, found or expected, and nothing of them is left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.results import Box
from models.blurring import FILL, heads, hide
from models.tracking import FORGET_AFTER_S, TrackerState, follow
from support.factories import make_face

FACE = Box(x=100, y=80, width=40, height=50)


def moved(box: Box, by: float) -> Box:
    return box.model_copy(update={"x": box.x + round(by)})


def covers(boxes: list[Box], box: Box) -> bool:
    return any(
        one.x <= box.x
        and one.y <= box.y
        and one.x + one.width >= box.x + box.width
        and one.y + one.height >= box.y + box.height
        for one in boxes
    )


def test_a_face_is_covered_with_its_whole_head() -> None:
    (head,) = heads([make_face(box=FACE)], TrackerState(), 0.0)
    assert head.x <= 86
    assert head.y <= 55
    assert head.x + head.width >= 154
    assert head.y + head.height >= 145


@pytest.mark.parametrize("speed", [0, 60, 200])
def test_a_face_that_is_missed_is_covered_where_it_is_expected_for_two_seconds(speed: float) -> None:
    state, now = TrackerState(), 1_000.0
    for step in range(15):
        now = 1_000.0 + step / 15
        state, _ = follow(state, [make_face(box=moved(FACE, speed * step / 15))], now)
    for missed_s in (1 / 15, 0.25):
        state, shown = follow(state, [], now + missed_s)
        assert shown == []
        assert covers(heads([], state, now + missed_s), moved(FACE, speed * (14 / 15 + missed_s)))
    assert heads([], state, now + FORGET_AFTER_S)
    assert heads([], state, now + FORGET_AFTER_S + 0.1) == []


def test_a_face_that_comes_out_from_behind_another_and_is_missed_is_covered() -> None:
    front, state = make_face(box=FACE.model_copy(update={"width": 60, "height": 70})), TrackerState()
    state, _ = follow(state, [front, make_face(box=moved(FACE, 300))], 1_000.0)
    state, _ = follow(state, [front, make_face(box=moved(FACE, 300))], 1_000.1)
    hidden = next(track for track in state.tracks if track.track == 2)
    state = state.model_copy(update={"tracks": [hidden.model_copy(update={"hidden_at": 1_002.5})]})
    assert heads([], state, 1_003.0)
    assert heads([], state, 1_004.6) == []


def test_a_weak_face_that_belongs_to_no_track_is_covered_too() -> None:
    weak = make_face(box=FACE, detection_score=0.2)
    state, shown = follow(TrackerState(), [weak], 1.0, begin_score=0.5)
    assert shown == []
    assert covers(heads([weak], state, 1.0), FACE)


def test_nothing_of_what_is_covered_is_left() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    box = Box(x=60, y=40, width=80, height=100)
    covered = hide(pixels, [box], scale=2.0)
    assert (covered[20:70, 30:70] == FILL).all()
    assert (covered[:, :30] == pixels[:, :30]).all()
    assert not (pixels[20:70, 30:70] == FILL).all()


@given(
    st.builds(Box, x=st.integers(0, 300), y=st.integers(0, 300), width=st.integers(1, 400), height=st.integers(1, 400)),
    st.sampled_from([0.5, 1.0, 1.7, 8.0]),
)
def test_boxes_may_end_anywhere(box: Box, scale: float) -> None:
    covered = hide(np.zeros((60, 80, 3), np.uint8), heads([make_face(box=box)], TrackerState(), 0.0), scale)
    assert covered.shape == (60, 80, 3)


def test_a_head_beyond_the_edge_is_none() -> None:
    state, now = TrackerState(), 0.0
    for step in range(10):
        now = step / 15
        state, _ = follow(state, [make_face(box=Box(x=max(0, 90 - 10 * step), y=10, width=10, height=10))], now)
    assert all(head.x >= 0 and head.width > 0 for head in heads([], state, now + 1.5))
