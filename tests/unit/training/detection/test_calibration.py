"""Scores that mean what they say."""

import numpy as np
import pytest

from training.detection.calibration import calibrate
from training.detection.dataset import LabelledImage
from training.detection.evaluate import Report
from training.detection.metrics import Predictions


def report(scores: np.ndarray, right: np.ndarray) -> Report:
    """One image a box: on its face, or in an image without one."""
    face = np.array([[10, 10, 50, 50]], np.float32)
    pixels = np.zeros((64, 64, 3), np.uint8)
    points = np.full((1, 5, 2), np.nan, np.float32)
    images = [
        LabelledImage(str(n), "hand" if hit else "none", pixels, face[: int(hit)], points[: int(hit)], bare=True)
        for n, hit in enumerate(right)
    ]
    return Report(images, [Predictions(face, np.array([score], np.float32)) for score in scores])


@pytest.fixture
def timid() -> tuple[np.ndarray, np.ndarray]:
    """Raw scores whose true odds are those of twice the logarithm and one more."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, 4000)
    return 1 / (1 + np.exp(-logits)), rng.random(4000) < 1 / (1 + np.exp(-2 * logits - 1))


def test_slope_and_offset_are_recovered(timid: tuple[np.ndarray, np.ndarray]) -> None:
    fitted = calibrate(report(*timid))
    assert fitted.slope == pytest.approx(2, abs=0.2)
    assert fitted.offset == pytest.approx(1, abs=0.2)


def test_eight_in_ten_are_right_where_the_calibrated_score_says_so(timid: tuple[np.ndarray, np.ndarray]) -> None:
    scores, right = timid
    fitted = calibrate(report(scores, right))
    odds = 1 / (1 + np.exp(-fitted.slope * np.log(scores / (1 - scores)) - fitted.offset))
    told = report(odds, right).right_by_score()
    assert told["0.8"]["right"] == pytest.approx(0.85, abs=0.08)
    assert told["0.2"]["right"] == pytest.approx(0.25, abs=0.08)
    assert sum(row["boxes"] for row in told.values()) == len(scores)


@pytest.mark.parametrize("right", [True, False])
def test_nothing_is_changed_where_nothing_can_be_learned(*, right: bool) -> None:
    fitted = calibrate(report(np.array([0.3, 0.6]), np.array([right, right])))
    assert (fitted.slope, fitted.offset) == (1, 0)
