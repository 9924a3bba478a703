"""OpenCV's cascade: its score and its working size; its answers are held to the contract in ``test_base.py``."""

import numpy as np
import pytest

from models.detection.haar import EVEN_WEIGHT, WORKING_SIZE, HaarDetector, score_of
from support.pictures import astronaut


def test_the_score_is_a_probability_that_rises_with_the_weight() -> None:
    scores = [score_of(EVEN_WEIGHT + step) for step in (-2, -0.5, 0, 0.5, 2)]
    assert scores == sorted(scores)
    assert scores[2] == 0.5
    assert 0 < scores[0] < 0.01
    assert 0.99 < scores[-1] < 1


def test_a_large_image_is_searched_at_the_working_size() -> None:
    large = np.ascontiguousarray(astronaut()[:, :, ::-1])
    (bounded,), (whole,) = HaarDetector().detect(large), HaarDetector(working_size=None).detect(large)
    assert (bounded.x, bounded.y) == pytest.approx((whole.x, whole.y), abs=15)
    assert HaarDetector().sufficient_size(4000) == WORKING_SIZE
    assert HaarDetector(working_size=None).sufficient_size(4000) == 4000
