"""Candidates read level by level are what decoding everything would give."""

import numpy as np
import pytest

from models.detection.card import Calibration
from models.detection.decoding import Candidates, find_candidates, joined, to_detections
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
        np.concatenate([output.dequantized().reshape(-1, output.values.shape[-1]) for output in outputs[kind::3]])
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
    moved = find_candidates(outputs, levels(64, 96), 1 / (1 + np.exp(1.0)), Calibration(slope=2.0, offset=-1.0))
    assert plain is not None
    assert moved is not None
    assert np.allclose(plain.boxes, moved.boxes)
    logits = np.log(plain.scores / (1 - plain.scores))
    assert np.allclose(moved.scores, 1 / (1 + np.exp(-2 * logits + 1)), atol=1e-5)


def test_two_passes_report_a_face_once() -> None:
    def candidates(*rows: tuple[float, ...]) -> Candidates:
        table = np.array(rows, np.float32)
        return Candidates(table[:, :4], np.zeros((len(table), 5, 2), np.float32), table[:, 4])

    found = joined(candidates((10, 10, 30, 30, 0.7), (60, 60, 80, 80, 0.4)), None, candidates((11, 10, 31, 30, 0.9)))
    assert found is not None
    assert found.longer_sides().tolist() == [20, 20, 20]
    assert len(found.at(found.scores > 0.5).scores) == 2
    (face,) = to_detections(found, 0.5, np.array([2, 3], np.float32), np.zeros((200, 200, 3), np.uint8))
    assert face[:5] == pytest.approx((22, 30, 40, 60, 0.9))
    assert joined(None, None) is None


def test_no_cell_that_reaches_it_is_no_candidate(outputs: list[Output]) -> None:
    assert find_candidates(outputs, levels(64, 96), 0.999) is None


def test_candidates_of_a_part_are_moved_into_the_whole() -> None:
    part = Candidates(np.array([[1, 2, 3, 5]], np.float32), np.ones((1, 5, 2), np.float32), np.ones(1, np.float32))
    moved = part.moved(np.array([10, 20], np.float32))
    assert moved.boxes.tolist() == [[11, 22, 13, 25]]
    assert moved.points[0].tolist() == [[11, 21]] * 5
