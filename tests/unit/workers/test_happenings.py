"""What has happened between two looks."""

from collections.abc import Sequence

from contracts.emotions import Emotion
from contracts.events import CameraEvent, Noted
from contracts.frames import FrameResult, TrackedFace
from support.factories import make_face, make_frame_result
from workers.happenings import LEFT_AFTER_S, Look, happened

CHANGED_S = 1.0
START = 1_000_000.0
Told = tuple[str, int | None, str | None]


def faces(people: dict[int, Emotion | None]) -> list[TrackedFace]:
    read = {
        track: make_face(emotion) if emotion else make_face().without_emotion() for track, emotion in people.items()
    }
    return [TrackedFace(track=track, **face.model_dump()) for track, face in read.items()]


def result(second: float, people: dict[int, Emotion | None], epoch: int = 1) -> FrameResult:
    return make_frame_result(round(100 * second) + 1, *faces(people), epoch=epoch).model_copy(
        update={"captured_at": START + second}
    )


def look(second: float, found: FrameResult | None, state: str = "live") -> Look:
    return Look("cam", START + second, found, state)


def told(events: Sequence[CameraEvent]) -> list[Told]:
    return [(event.kind.value, event.track, event.emotion) for event in events if event.kind.value != "camera_state"]


def seen(*moments: tuple[float, dict[int, Emotion | None]]) -> list[Told]:
    """What is told while people look so."""
    noted, all_told = Noted(), list[Told]()
    for second, people in moments:
        noted, events = happened(noted, look(second, result(second, people)), CHANGED_S)
        all_told += told(events)
    return all_told


def test_who_comes_and_goes_is_told_once() -> None:
    moments = [(0.5 * step, dict[int, Emotion | None]({1: "Happy"}) if 2 <= step < 6 else {}) for step in range(14)]
    assert seen(*moments) == [("appeared", 1, "Happy"), ("left", 1, "Happy")]


def test_who_is_missed_for_a_moment_has_not_left() -> None:
    assert seen((0, {1: "Sad"}), (0.5, {}), (1.0, {}), (1.5, {1: "Sad"})) == [("appeared", 1, "Sad")]


def test_people_have_left_when_nothing_comes_any_more() -> None:
    newest = result(0, {1: "Happy", 2: "Sad"})
    noted, _ = happened(Noted(), look(0, newest), CHANGED_S)
    noted, events = happened(noted, look(LEFT_AFTER_S + 0.1, newest), CHANGED_S)
    assert told(events) == [("left", 1, "Happy"), ("left", 2, "Sad")]
    assert {event.at for event in events} == {START}, "when they were seen last"
    assert happened(noted, look(LEFT_AFTER_S + 0.6, newest), CHANGED_S)[1] == [], "the same analysis is no news"
    assert happened(noted, look(9, None), CHANGED_S)[1] == []


def test_another_expression_is_told_when_it_has_lasted() -> None:
    lasting = [(0.5 * step, dict[int, Emotion | None]({1: "Happy" if step < 2 else "Sad"})) for step in range(7)]
    assert seen(*lasting) == [("appeared", 1, "Happy"), ("changed", 1, "Sad")]
    noted, at = Noted(), list[float]()
    for second, people in lasting:
        noted, events = happened(noted, look(second, result(second, people)), CHANGED_S)
        at += [event.at - START for event in events if event.kind.value == "changed"]
    assert at == [2.0]


def test_one_that_comes_and_goes_is_not() -> None:
    moments = [(0.5 * step, dict[int, Emotion | None]({1: "Sad" if step in (2, 3) else "Happy"})) for step in range(8)]
    assert seen(*moments) == [("appeared", 1, "Happy")]


def test_people_of_a_capture_that_has_started_again_are_others() -> None:
    noted, _ = happened(Noted(), look(0, result(0, {1: "Happy"})), CHANGED_S)
    noted, events = happened(noted, look(0.5, result(0.5, {1: "Sad"}, epoch=2)), CHANGED_S)
    assert told(events) == [("left", 1, "Happy"), ("appeared", 1, "Sad")]
    assert [event.epoch for event in events] == [1, 2]


def test_where_no_expression_is_read_people_come_and_go() -> None:
    assert seen((0, {1: None}), (1, {1: None}), (2, {1: "Sad"}), (4, {1: "Sad"}), (7, {})) == [
        ("appeared", 1, None),
        ("left", 1, "Sad"),
    ]


def test_the_state_of_a_camera_is_told_when_it_is_another() -> None:
    noted, states = Noted(), list[tuple[str | None, str | None]]()
    for second, state in enumerate(["live", "live", "gone", "live"]):
        noted, events = happened(noted, Look("cam", START + second, None, state, "why"), CHANGED_S)
        states += [(event.state, event.reason) for event in events]
    assert states == [("live", "why"), ("gone", "why"), ("live", "why")]


def test_while_frames_arrive_who_is_in_the_newest_analysis_has_not_left_however_late_it_is() -> None:
    noted, all_told = Noted(), list[Told]()
    for second in range(8):
        now = START + second + 2.6  # each analysis is told so late
        found = result(second, {1: "Happy"})
        noted, events = happened(noted, Look("cam", now, found, "live", framed_at=now - 0.1), CHANGED_S)
        all_told += told(events)
    assert all_told == [("appeared", 1, "Happy")]
    stopped = Look("cam", now + 2.1, found, "live", framed_at=now - 0.1)
    assert told(happened(noted, stopped, CHANGED_S)[1]) == [("left", 1, "Happy")]
