"""Average precision and its kin, on cases small enough to reckon by hand."""

import numpy as np
import pytest

from training.detection.metrics import Predictions, curve


def found(*rows: tuple[float, ...]) -> Predictions:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Predictions(table[:, :4], table[:, 4])


def faces(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_perfect_detector_scores_one() -> None:
    truth = faces((0, 0, 40, 40), (100, 0, 140, 40))
    perfect = curve([found((0, 0, 40, 40, 0.9), (100, 0, 140, 40, 0.8))], [truth])
    assert perfect.average_precision() == pytest.approx(1)
    assert perfect.recall_at(0.9) == 1


def test_a_false_alarm_costs_as_much_as_it_is_sure_of_itself() -> None:
    truth = faces((0, 0, 40, 40), (100, 0, 140, 40))
    sure = curve([found((0, 0, 40, 40, 0.9), (100, 0, 140, 40, 0.5), (200, 0, 240, 40, 0.8))], [truth])
    assert sure.average_precision() == pytest.approx(0.5 + 0.5 * 2 / 3)
    unsure = curve([found((0, 0, 40, 40, 0.9), (100, 0, 140, 40, 0.5), (200, 0, 240, 40, 0.1))], [truth])
    assert unsure.average_precision() == pytest.approx(1)


def test_a_second_box_on_a_face_is_a_false_alarm() -> None:
    twice = curve([found((0, 0, 40, 40, 0.9), (1, 0, 41, 40, 0.8))], [faces((0, 0, 40, 40))])
    assert twice.precision.tolist() == [1, 0.5]


def test_small_faces_are_neither_asked_for_nor_held_against_a_box() -> None:
    passed = curve([found((0, 0, 10, 10, 0.9))], [faces((0, 0, 10, 10), (50, 50, 90, 90))])
    assert len(passed.scores) == 0
    assert passed.average_precision() == 0


def test_a_band_passes_over_boxes_of_other_sizes() -> None:
    answers, truths = [found((0, 0, 100, 100, 0.9), (200, 0, 230, 30, 0.8))], [faces((200, 0, 230, 30))]
    assert curve(answers, truths, sizes=(24, 48)).average_precision() == pytest.approx(1)
    assert curve(answers, truths).average_precision() == pytest.approx(0.5)


def test_precision_and_recall_at_a_score() -> None:
    truth = faces((0, 0, 40, 40), (100, 0, 140, 40))
    result = curve([found((0, 0, 40, 40, 0.9), (200, 0, 240, 40, 0.6))], [truth])
    assert result.at(0.7) == (1, 0.5)
    assert result.at(0.5) == (0.5, 0.5)
    assert result.at(0.95) == (1, 0)


def test_an_ignored_region_is_not_held_against_a_box() -> None:
    truth, answers = (
        [faces((0, 0, 40, 40))],
        [found((100, 0, 140, 40, 0.9), (0, 0, 40, 40, 0.8), (200, 0, 210, 10, 0.7))],
    )
    assert curve(answers, truth).right.tolist() == [False, True, False]
    assert curve(answers, truth, ignored=[faces()]).right.tolist() == [False, True]
    assert curve(answers, truth, ignored=[faces((100, 0, 140, 40))]).right.tolist() == [True]
