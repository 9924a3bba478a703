"""From samples to timelines, and to the mood of a room."""

import pytest

from api.live import history
from api.live.history import BASELINE_SAMPLES, tell
from api.live.history_schemas import Gap, Span
from contracts.emotions import EMOTIONS, Emotion
from contracts.history import HistorySample, SampledFace

START = 1_000_000.0


def face(track: int, emotion: Emotion | None = "Happy", score: int = 940) -> SampledFace:
    if emotion is None:
        return SampledFace(track=track)
    rest = (1_000 - score) // 6
    return SampledFace(
        track=track, emotion=emotion, scores=tuple(score if label == emotion else rest for label in EMOTIONS)
    )


def sample(second: float, *faces: SampledFace, baseline: bool = False, epoch: int = 1) -> HistorySample:
    return HistorySample(epoch=epoch, captured_at=START + second, kept_s=60, faces=list(faces), baseline=baseline)


def spans(found: list[Span]) -> list[tuple[float, float, str | None]]:
    return [(span.since - START, span.until - START, span.emotion) for span in found]


def test_a_person_has_a_line_of_expressions() -> None:
    seen = ["Happy", "Happy", "Sad", "Sad", "Happy"]
    told = tell("cam", [sample(second, face(1, emotion)) for second, emotion in enumerate(seen)], START, START + 9)
    (person,) = told.people
    assert (person.person, person.track, person.seen_s) == ("1-1", 1, 4)
    assert (person.first_at, person.last_at) == (START, START + 4)
    assert spans(person.spans) == [(0, 2, "Happy"), (2, 4, "Sad"), (4, 4, "Happy")]
    assert {span.confidence for span in person.spans} == {0.94}
    assert (person.gaps, person.baseline, told.truncated) == ([], None, False)


def test_who_was_not_seen_for_a_while_has_a_gap() -> None:
    samples = [sample(0, face(1)), sample(1), sample(2, face(1)), sample(3, face(1)), sample(9, face(1))]
    (person,) = tell("cam", samples, START, START + 9).people
    assert person.gaps == [Gap(since=START, until=START + 2), Gap(since=START + 3, until=START + 9)]
    assert spans(person.spans) == [(0, 0, "Happy"), (2, 3, "Happy"), (9, 9, "Happy")]
    assert person.seen_s == 1


def test_numbers_of_another_start_of_capture_are_other_people() -> None:
    told = tell("cam", [sample(0, face(1)), sample(1, face(1), epoch=2)], START, START + 9)
    assert [person.person for person in told.people] == ["1-1", "2-1"]


def test_the_mood_of_a_room_is_told_of_three_people_or_more_all_the_time() -> None:
    three = [face(1), face(2), face(3, "Sad")]
    samples = [sample(second, *three) for second in range(10)] + [sample(second, *three) for second in range(10, 19)]
    (room,) = tell("cam", samples, START, START + 30).room[:1]
    assert (room.since, room.until, room.people) == (START, START + 10, 3)
    assert room.scores["Happy"] == pytest.approx((940 + 940 + 10) / 3000, abs=1e-4)
    assert len(tell("cam", samples, START, START + 30).room) == 2
    assert tell("cam", samples[:5], START, START + 30).room == [], "half of ten seconds are not all the time"
    with_two = [*samples, sample(19, *three[:2])]
    assert len(tell("cam", with_two, START, START + 30).room) == 1


def test_a_person_is_compared_with_how_they_mostly_look_where_that_is_asked_for() -> None:
    mostly = [sample(second, face(1, "Sad", 600), baseline=True) for second in range(BASELINE_SAMPLES)]
    samples = [*mostly, sample(BASELINE_SAMPLES, face(1, "Happy"), baseline=True)]
    (person,) = tell("cam", samples, START, START + 30).people
    assert person.baseline is not None
    assert person.baseline["Sad"] == 0.6
    usual, unusual = (span.above_baseline for span in person.spans)
    assert usual is not None
    assert unusual is not None
    assert set(usual.values()) == {0}
    assert unusual["Happy"] == pytest.approx(0.94 - 0.066)
    assert unusual["Sad"] < 0
    few = tell("cam", samples[: BASELINE_SAMPLES - 1], START, START + 30).people[0]
    assert (few.baseline, few.spans[0].above_baseline) == (None, None)


def test_without_expressions_there_are_times_and_no_moods() -> None:
    samples = [sample(second, *(face(track, None) for track in (1, 2, 3)), baseline=True) for second in range(12)]
    told = tell("cam", samples, START, START + 30)
    assert [spans(person.spans) for person in told.people] == [[(0, 11, None)]] * 3
    assert told.people[0].spans[0].confidence is None
    assert [room.scores for room in told.room] == [{}]


def test_an_answer_tells_so_much_and_where_to_ask_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_SAMPLES", 3)
    told = tell("cam", [sample(second, face(1)) for second in range(5)], START, START + 9)
    assert (told.truncated, told.until) == (True, START + 3)
    assert told.people[0].last_at == START + 2
