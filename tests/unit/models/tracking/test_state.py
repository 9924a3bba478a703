"""The state between frames: it survives its journey, damage and other versions."""

from contracts.frames import FrameStamp
from contracts.results import Box
from models.tracking import TrackerState, follow
from support.factories import make_face

STAMP = FrameStamp(7, 1)


def test_state_survives_its_journey_and_damage_or_a_restart_begin_afresh() -> None:
    state, _ = follow(TrackerState(), [make_face(box=Box(x=100, y=100, width=80, height=80))], 0)
    stored = (STAMP, state.model_dump_json().encode())
    assert TrackerState.load(stored, epoch=7) == state
    assert TrackerState.load(stored, epoch=8) == TrackerState()
    assert TrackerState.load((STAMP, b"garbage"), epoch=7) == TrackerState()
    assert TrackerState.load(None, epoch=7) == TrackerState()


def test_after_an_upgrade_no_identity_is_given_twice() -> None:
    before = b'{"version":1,"next_track":5,"tracks":[{"track":4,"box":[1,2,3,4],"scores":[],"seen_at":1}]}'
    assert TrackerState.load((STAMP, before), epoch=7) == TrackerState(next_track=5)
    assert TrackerState.load((STAMP, b'{"next_track":"x"}'), epoch=7) == TrackerState()


def test_a_face_stays_itself_when_frames_come_in_another_size() -> None:
    large, small = Box(x=400, y=200, width=80, height=100), Box(x=100, y=50, width=20, height=25)
    state, (before,) = follow(TrackerState(), [make_face(box=large)], 0)
    state, (after,) = follow(state.scaled(1 / 4), [make_face(box=small)], 0.1)
    assert (before.track, after.track, after.box) == (1, 1, small)


def test_members_that_are_not_known_are_passed_over_and_those_that_say_nothing_are_not_written() -> None:
    state, _ = follow(TrackerState(), [make_face(box=Box(x=100, y=100, width=80, height=80))], 1.0)
    assert b"hidden_at" not in state.dump()
    newer = state.dump().replace(b'"track":1', b'"track":1,"hat":true')
    assert TrackerState.load((STAMP, newer), epoch=7) == state
