"""Labels: smoothed, and held."""

import pytest

from contracts.emotions import EMOTIONS
from contracts.results import Face
from models.tracking.labels import HOLD_S, MARGIN, Label, choose, scores_of, smooth
from support.factories import make_face

FRAME_S = 1 / 15


def shown(read: list[Face]) -> list[Label]:
    """What is shown while these faces are read, frame by frame."""
    scores, label, labels = scores_of(read[0]), choose(scores_of(read[0]), (None, 0.0), 0.0), list[Label]()
    for number, face in enumerate(read):
        scores = smooth(scores, face, FRAME_S)
        label = choose(scores, label, number * FRAME_S)
        labels.append(label)
    return labels


def test_a_reading_that_wavers_shows_one_label() -> None:
    rest = dict.fromkeys(EMOTIONS, 0.02)
    happy, neutral = ({**rest, "Happy": 0.45 + ahead, "Neutral": 0.45 - ahead} for ahead in (0.1, -0.1))
    assert {label for label, _ in shown([make_face(scores=scores) for scores in [happy, neutral] * 40])} == {"Happy"}


def test_a_true_change_is_shown_within_seven_tenths_of_a_second_and_once() -> None:
    before, after = [make_face("Happy")] * 30, [make_face("Sad")] * 30
    labels = [label for label, _ in shown([*before, *after])]
    changed = labels.index("Sad")
    assert labels == ["Happy"] * changed + ["Sad"] * (60 - changed)
    assert (changed - 30) * FRAME_S <= 0.7


def test_a_label_is_held_for_a_while_however_clearly_another_wins() -> None:
    clear = scores_of(make_face("Sad"))
    assert choose(clear, ("Happy", 10.0), 10.0 + HOLD_S - 0.01) == ("Happy", 10.0)
    assert choose(clear, ("Happy", 10.0), 10.0 + HOLD_S + 0.01) == ("Sad", 10.0 + HOLD_S + 0.01)


def test_another_label_has_to_win_clearly() -> None:
    close = [0.0] * len(EMOTIONS)
    close[EMOTIONS.index("Happy")], close[EMOTIONS.index("Sad")] = 0.45, 0.45 + MARGIN - 0.01
    assert choose(close, ("Happy", 0.0), 10.0) == ("Happy", 0.0)
    close[EMOTIONS.index("Happy")] = 0.43
    assert choose(close, ("Happy", 0.0), 10.0) == ("Sad", 10.0)


def test_where_no_expression_is_read_there_is_no_label() -> None:
    bare = make_face().without_emotion()
    assert smooth(scores_of(make_face()), bare, 1.0) == ()
    assert choose((), ("Happy", 0.0), 5.0) == (None, 5.0)
    assert smooth((), make_face("Sad"), 1.0) == pytest.approx(scores_of(make_face("Sad")))
