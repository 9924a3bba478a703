"""Overlap and suppression, on cases small enough to work out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from models.boxes import corners, iou, suppress


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_corners_lie_a_width_and_a_height_apart() -> None:
    assert corners([(1, 2, 10, 20), (0, 0, 0, 0)]).tolist() == [[1, 2, 11, 22], [0, 0, 0, 0]]
    assert corners((1, 2, 10, 20)).tolist() == [1, 2, 11, 22]


def test_iou_is_intersection_over_union() -> None:
    assert iou(corners((0, 0, 10, 10)), corners((0, 0, 10, 10))) == 1
    assert iou(corners((0, 0, 10, 10)), corners((5, 0, 10, 10))) == pytest.approx(1 / 3)
    assert iou(corners((0, 0, 10, 10)), corners((10, 0, 10, 10))) == 0


def test_every_pair_is_compared_by_broadcasting() -> None:
    one, others = boxes((0, 0, 10, 10)), boxes((0, 0, 10, 5), (20, 20, 30, 30), (5, 0, 15, 10))
    matrix = iou(one[:, None], others[None])
    assert matrix.shape == (1, 3)
    assert matrix[0] == pytest.approx([0.5, 0, 1 / 3])
    assert iou(one[:, None], others[None, :0]).shape == (1, 0)


def test_boxes_without_area_overlap_nothing() -> None:
    assert iou(boxes((5, 5, 5, 5)), boxes((5, 5, 5, 5), (0, 0, 10, 10))).tolist() == [0, 0]


def test_tensors_give_what_arrays_give() -> None:
    assert float(iou(tf.constant([0.0, 0, 10, 10]), tf.constant([5.0, 0, 15, 10]), tf)) == pytest.approx(1 / 3)
    chance = np.random.default_rng(0)
    one, other = (corners(chance.uniform(0, 50, (200, 4))) for _ in range(2))
    assert np.array_equal(iou(tf.constant(one), tf.constant(other), tf).numpy(), iou(one, other))


def test_suppression_keeps_the_best_of_each_face() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [0, 5, 10, 15]], np.float32)
    scores = np.array([0.6, 0.9, 0.3, 0.5], np.float32)
    assert suppress(boxes, scores) == [1, 3, 2]
    assert suppress(boxes[:0], scores[:0]) == []
