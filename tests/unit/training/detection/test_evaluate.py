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
