"""A detector measured on images."""

import numpy as np

from training.detection.dataset import LabelledImage
from training.detection.evaluate import Report
from training.detection.metrics import Predictions


def found(*rows: tuple[float, ...]) -> Predictions:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Predictions(table[:, :4], table[:, 4])


def test_false_alarms_are_counted_on_pictures_without_a_face() -> None:
    pixels, nothing = np.zeros((8, 8, 3), np.uint8), np.empty((0, 5, 2), np.float32)
    empty = [LabelledImage(str(i), "none", pixels, np.empty((0, 4), np.float32), nothing, bare=False) for i in range(4)]
    report = Report(empty, [found(), found((0, 0, 5, 5, 0.7)), found((0, 0, 5, 5, 0.2)), found()])
    assert report.false_alarms(0.5) == 25
    assert report.false_alarms(0.1) == 50


def test_a_face_known_to_have_no_box_is_not_held_against_a_detector() -> None:
    pixels, corners = np.zeros((80, 80, 3), np.uint8), np.array([[0, 0, 30, 30]], np.float32)
    photo = LabelledImage("a", "hand", pixels, corners, np.full((1, 5, 2), np.nan, np.float32), bare=True)
    photo = photo._replace(overlooked=np.array([[40, 40, 70, 70]], np.float32))
    report = Report([photo], [found((40, 40, 70, 70, 0.9), (0, 0, 30, 30, 0.8))])
    scores = report.scores(0.5)
    assert scores["average_precision"] == 1
    assert scores["average_precision_as_labelled"] == 0.5


def test_shares_of_right_boxes_are_given_by_score() -> None:
    pixels, nothing = np.zeros((80, 80, 3), np.uint8), np.empty((0, 5, 2), np.float32)
    corners = np.array([[0, 0, 30, 30]], np.float32)
    photo = LabelledImage("a", "hand", pixels, corners, np.full((1, 5, 2), np.nan, np.float32), bare=True)
    empty = LabelledImage("b", "none", pixels, corners[:0], nothing, bare=False)
    report = Report([photo, empty], [found((0, 0, 30, 30, 0.85)), found((0, 0, 30, 30, 0.81), (0, 0, 9, 9, 0.05))])
    assert report.right_by_score() == {"0.0": {"right": 0.0, "boxes": 1}, "0.8": {"right": 0.5, "boxes": 2}}
