"""Candidates read level by level are what decoding everything would give."""

import numpy as np
import pytest

from models.detection.candidates import find_candidates
from models.detection.card import Calibration
from models.detection.grid import cells, decode_boxes, decode_landmarks, levels
from models.runtimes import Output


@pytest.fixture
def outputs() -> list[Output]:
    """Random integers as the network of a 64x96 input might give them."""
    chance = np.random.default_rng(1)
    return [
        Output(
            chance.integers(-128, 128, (1, 64 // stride, 96 // stride, channels)).astype(np.int8), np.float32(scale), 7
        )
        for stride in (8, 16, 32)
        for channels, scale in ((1, 0.03), (4, 0.02), (10, 0.05))
    ]


@pytest.mark.parametrize("min_score", [0.1, 0.5, 0.9, 0.96])
def test_candidates_are_the_cells_that_reach_the_score(outputs: list[Output], min_score: float) -> None:
    score, box, landmarks = (
        np.concatenate([output.real().reshape(-1, output.values.shape[-1]) for output in outputs[kind::3]])
        for kind in range(3)
    )
    sure = 1 / (1 + np.exp(-score[:, 0]))
    kept = sure >= min_score
    found = find_candidates(outputs, levels(64, 96), min_score)
    assert found is not None
    assert 0 < len(found.scores) < len(kept)
    everywhere = cells(64, 96)
    assert np.allclose(found.scores, sure[kept])
    assert np.allclose(found.boxes, decode_boxes(box, everywhere)[kept])
    assert np.allclose(found.points, decode_landmarks(landmarks, everywhere)[kept])


def test_a_calibration_moves_scores_and_threshold_alike(outputs: list[Output]) -> None:
    plain = find_candidates(outputs, levels(64, 96), 0.5)
    calibration = Calibration(slope=2.0, offset=-1.0)
    moved = find_candidates(outputs, levels(64, 96), 1 / (1 + np.exp(1.0)), calibration)
    assert plain is not None
    assert moved is not None
    assert np.allclose(plain.boxes, moved.boxes)
    logits = np.log(plain.scores / (1 - plain.scores))
    assert np.allclose(moved.scores, 1 / (1 + np.exp(-2 * logits + 1)), atol=1e-5)


def test_no_cell_that_reaches_it_is_no_candidate(outputs: list[Output]) -> None:
    assert find_candidates(outputs, levels(64, 96), 0.999) is None
