"""Which cells answer for which face."""

import numpy as np
import pytest
import tensorflow as tf

from models.detection.grid import cells
from support.faces import FACE, SIDE, truth
from training.detection.losses import GroundTruth
from training.detection.targets import Targets, assign


def targets(wanted: GroundTruth, boxes: np.ndarray) -> Targets:
    where = cells(SIDE, SIDE)
    count = len(where.centres)
    return assign(
        tf.fill((1, count), 0.1),
        tf.constant(boxes[None], tf.float32),
        faces=wanted.faces,
        real=wanted.real,
        centres=tf.constant(where.centres),
        strides=tf.constant(where.strides),
    )


def test_a_face_is_answered_for_by_cells_in_its_middle() -> None:
    where = cells(SIDE, SIDE)
    chosen = targets(truth(FACE), np.zeros((len(where.centres), 4)))
    centres = where.centres[chosen.positive.numpy()[0] > 0]
    assert 6 <= len(centres) <= 9  # cells that fit equally well share a place
    assert (np.abs(centres - [24, 28]) <= [12, 12]).all()


def test_the_best_box_is_asked_for_the_highest_score() -> None:
    where = cells(SIDE, SIDE)
    boxes = np.tile(np.array([[0.0, 0, 30, 30]]), (len(where.centres), 1))
    best = int(np.argmin(np.abs(where.centres[:64] - [28, 28]).sum(axis=1)))
    boxes[best] = FACE
    chosen = targets(truth(FACE), boxes)
    assert int(tf.argmax(chosen.score[0])) == best
    assert float(chosen.score[0, best]) == pytest.approx(1, abs=1e-3)


def test_padding_is_answered_for_by_no_cell() -> None:
    where = cells(SIDE, SIDE)
    assert float(tf.reduce_sum(targets(truth(), np.zeros((len(where.centres), 4))).positive)) == 0


def test_a_box_that_fits_well_is_asked_for_the_whole_score() -> None:
    where = cells(SIDE, SIDE)
    boxes = np.tile(np.array([[0.0, 0, 30, 30]]), (len(where.centres), 1))
    best = int(np.argmin(np.abs(where.centres[:64] - [28, 28]).sum(axis=1)))
    boxes[best] = [8, 8, 40, 40]  # 0.8 of the face
    assert float(targets(truth(FACE), boxes).score[0, best]) == pytest.approx(1, abs=1e-3)
