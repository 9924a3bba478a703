"""Which face continues which track."""

from contracts.results import Box, Face
from models.tracking.matching import REACH, match
from models.tracking.motion import Expected, begin, expect
from models.tracking.state import Track
from support.factories import make_face

SIZE, SURE, WEAK = 80, 0.9, 0.4


def found(x: float, score: float = SURE, size: int = SIZE) -> Face:
    return make_face(box=Box(x=round(x), y=100, width=size, height=size), detection_score=score)


def expected(x: float, number: int = 1, after_s: float = 0.1) -> Expected:
    motion = begin(found(x).box)._asdict()
    return expect(Track(track=number, seen_at=0.0, scores=(), emotion=None, since=0.0, **motion), after_s)


def matched(faces: list[Face], tracks: list[Expected]) -> list[int | None]:
    return [one.track.track if one else None for one in match(faces, tracks, 0.5)]


def test_the_likeliest_pairs_come_first_whatever_the_order() -> None:
    tracks = [expected(100, 1), expected(160, 2)]
    assert matched([found(165), found(108)], tracks) == [2, 1]
    assert matched([found(108), found(165)], tracks[::-1]) == [1, 2]


def test_sure_faces_choose_before_weak_ones_that_are_nearer() -> None:
    assert matched([found(101, WEAK), found(110)], [expected(100)]) == [None, 1]


def test_a_face_out_of_reach_or_of_another_size_is_another() -> None:
    long_ago = expected(100, after_s=2.0)
    assert matched([found(100 + 0.9 * REACH * SIZE)], [long_ago]) == [1]
    assert matched([found(100 + 1.1 * REACH * SIZE)], [long_ago]) == [None]
    assert matched([found(100, size=2 * SIZE)], [expected(100)]) == [None]


def test_a_track_is_continued_by_one_face() -> None:
    assert matched([found(100), found(104)], [expected(100)]) == [1, None]
