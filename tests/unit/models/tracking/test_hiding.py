"""Faces behind other faces are remembered for longer."""

import pytest

from contracts.results import Box
from models.tracking import FORGET_AFTER_S, TrackerState, follow
from models.tracking.hiding import COVERED, hide, is_remembered
from models.tracking.motion import begin, expect
from models.tracking.state import HIDDEN_S, Track
from support.factories import make_face

SIZE = 80


def track(x: float, number: int = 1, size: int = SIZE, hidden_at: float = 0.0) -> Track:
    motion = begin(Box(x=round(x), y=100, width=size, height=size))._asdict()
    return Track(track=number, seen_at=0.0, scores=(), emotion=None, since=0.0, hidden_at=hidden_at, **motion)


def is_hidden(by: Track) -> bool:
    return hide(expect(track(100), 1.0), [by], 1.0).hidden_at == 1.0


@pytest.mark.parametrize(
    ("x", "size", "hidden"),
    [
        (100, SIZE, True),
        (100 + (1 - COVERED) * SIZE - 2, SIZE, True),
        (100 + (1 - COVERED) * SIZE + 2, SIZE, False),
        (100, 3 * SIZE, True),
        (110, SIZE // 2, False),
    ],
    ids=["behind it", "partly", "beside it", "behind a large one", "before a small one"],
)
def test_a_face_is_hidden_by_one_as_near_that_covers_it(x: float, size: int, *, hidden: bool) -> None:
    assert is_hidden(track(x, 2, size)) is hidden


def test_a_face_that_nothing_hides_is_as_it_was() -> None:
    assert hide(expect(track(100), 1.0), [], 1.0) == track(100)


def test_who_was_hidden_is_remembered_from_then_on_and_not_for_ever() -> None:
    assert not is_remembered(track(100), FORGET_AFTER_S + 0.1)
    assert is_remembered(track(100, hidden_at=2.0), 2.0 + FORGET_AFTER_S)
    assert not is_remembered(track(100, hidden_at=2.0), 2.1 + FORGET_AFTER_S)
    assert not is_remembered(track(100, hidden_at=HIDDEN_S), HIDDEN_S + 0.1)
    assert not is_remembered(track(100, hidden_at=2.0), -3_600), "the clock was put back"


def test_two_who_walk_past_each_other_slowly_keep_their_numbers() -> None:
    state, seen = TrackerState(), dict[int, set[int]]()
    for step in range(180):
        places = {1: 100 + 2 * step, 2: 460 - 2 * step}
        people = [1] if abs(places[1] - places[2]) < SIZE - 5 else [1, 2]  # for 2.5 s
        faces = [make_face(box=Box(x=places[person], y=100, width=SIZE, height=SIZE)) for person in people]
        state, shown = follow(state, faces, step / 15)
        for person, one in zip(people, shown, strict=True):
            seen.setdefault(person, set()).add(one.track)
    assert seen == {1: {1}, 2: {2}}
