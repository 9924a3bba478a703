"""Where a face is expected."""

import pytest

from contracts.results import Box
from models.tracking.motion import Motion, begin, correct, expect
from models.tracking.state import Track

SIZE = 80


def box(x: float) -> Box:
    return Box(x=round(x), y=100, width=SIZE, height=SIZE)


def track(motion: Motion, seen_at: float) -> Track:
    return Track(track=1, seen_at=seen_at, scores=(), emotion=None, since=0.0, **motion._asdict())


def walked(speed: float, frames: int, fps: float) -> Track:
    """A face that has walked, in sizes a second."""
    followed = track(begin(box(0)), 0.0)
    for frame in range(1, frames):
        now = frame / fps
        followed = track(correct(expect(followed, now), box(speed * SIZE * now)), now)
    return followed


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_steady_walk_is_expected_to_go_on(fps: float) -> None:
    followed = walked(2.0, int(3 * fps), fps)
    assert followed.velocity == pytest.approx((2.0, 0.0), abs=0.1)
    next_at = followed.seen_at + 0.2
    assert expect(followed, next_at).centre[0] == pytest.approx(2.0 * SIZE * next_at + SIZE / 2, abs=0.1 * SIZE)


def test_who_is_not_seen_is_expected_to_come_to_rest_and_less_surely() -> None:
    followed = walked(2.0, 45, 15)
    soon, late, later = (expect(followed, followed.seen_at + s) for s in (0.1, 1.0, 10.0))
    assert soon.spread[0] < late.spread[0] < later.spread[0]
    assert later.velocity == pytest.approx((0.0, 0.0), abs=0.01)
    assert later.centre[0] - followed.centre[0] < 2.0 * SIZE * 2


def test_jitter_moves_a_still_face_less_than_it_jumps() -> None:
    followed = track(begin(box(100)), 0.0)
    for frame in range(1, 30):
        followed = track(correct(expect(followed, frame / 15), box(100)), frame / 15)
    jumped = correct(expect(followed, 2.0), box(108))
    assert 0 < jumped.centre[0] - followed.centre[0] < 6


def test_a_clock_that_goes_back_does_no_harm() -> None:
    followed = walked(1.0, 15, 15)
    assert expect(followed, followed.seen_at - 5).centre == followed.centre
