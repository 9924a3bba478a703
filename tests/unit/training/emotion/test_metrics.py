"""Figures, against values worked out by hand."""

import numpy as np
import pytest

from training.emotion.metrics import (
    accuracy,
    agreement_with_votes,
    calibration_error,
    confusion,
    coverage,
    interval,
    macro_f1,
    per_class,
    reliability,
)
from training.shared.fer2013.votes import CHOICES


def answers(labels: list[int], confidence: float = 0.9) -> np.ndarray:
    """Probabilities whose likeliest labels are ``labels``."""
    rest = (1 - confidence) / 6
    return np.where(np.eye(7)[labels] > 0, confidence, rest)


LABELS = np.array([0, 0, 0, 1, 3])


ANSWERS = answers([0, 0, 3, 1, 0])


def test_accuracy_and_confusion() -> None:
    assert accuracy(ANSWERS, LABELS) == pytest.approx(0.6)
    counts = confusion(ANSWERS, LABELS)
    assert counts.sum() == 5
    assert counts[0, 0] == 2
    assert counts[0, 3] == 1
    assert counts[3, 0] == 1


def test_precision_recall_and_f1() -> None:
    figures = per_class(confusion(ANSWERS, LABELS))
    assert figures["Angry"] == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "images": 3,
    }
    assert figures["Happy"]["recall"] == 0
    assert figures["Sad"] == {"precision": 0, "recall": 0, "f1": 0, "images": 0}
    assert macro_f1(confusion(ANSWERS, LABELS)) == pytest.approx((2 / 3 + 1) / 7)


def test_interval_of_known_shares() -> None:
    low, high = interval(0.5, 100)
    assert (low, high) == (pytest.approx(0.4038, abs=1e-3), pytest.approx(0.5962, abs=1e-3))
    assert interval(1.0, 10)[1] == pytest.approx(1.0)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert calibration_error(reliability(ANSWERS, LABELS)) == pytest.approx(0.3)
    assert calibration_error(reliability(answers([0, 0, 0, 1, 3], 1.0), LABELS)) == pytest.approx(0)


def test_votes_for_other_things_are_left_out() -> None:
    votes = np.zeros((5, len(CHOICES)), np.float32)
    votes[0, CHOICES.index("anger")] = 10
    votes[1, CHOICES.index("anger")], votes[1, CHOICES.index("neutral")] = 4, 6
    votes[2, CHOICES.index("contempt")] = 10
    votes[3, CHOICES.index("anger")], votes[3, CHOICES.index("sadness")] = 5, 5
    votes[4, CHOICES.index("anger")], votes[4, CHOICES.index("unknown")] = 5, 5
    figures = agreement_with_votes(answers([0, 0, 0, 0, 0], 1 - 6e-9), votes)
    assert figures["images"] == 2
    assert figures["accuracy"] == pytest.approx(0.5)
    assert figures["divergence"] > 1
    assert figures["calibration_error"] == pytest.approx(1 - (1 + 0.4) / 2)


def test_the_surest_answers_are_those_that_are_covered() -> None:
    probabilities = np.concatenate([answers([0, 1], 0.9), answers([2, 3], 0.5)])
    labels = np.array([0, 1, 0, 3])
    assert [coverage(probabilities, labels, share) for share in (0.01, 0.5, 0.75, 1.0)] == [1, 1, 2 / 3, 3 / 4]
