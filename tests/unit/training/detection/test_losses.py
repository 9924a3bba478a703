"""What is penalised and what is not."""

import numpy as np
import tensorflow as tf

from models.detection.grid import cells
from support.faces import FACE, SIDE, truth
from training.detection.losses import losses


def outputs(score: float, *, reach: float = 0.7) -> list[tf.Tensor]:
    """Raw maps in which every cell says the same."""
    maps = []
    for stride in (8, 16, 32):
        cell = SIDE // stride
        for channels, value in ((1, score), (4, reach), (10, 0.0)):
            maps.append(tf.fill((1, cell, cell, channels), value))
    return maps


def test_ignored_regions_cost_nothing() -> None:
    where = cells(SIDE, SIDE)
    grid = tf.constant(where.centres), tf.constant(where.strides)
    punished = losses(outputs(3.0), truth(), *grid)["score"]
    spared = losses(outputs(3.0), truth(ignored=([0, 0, SIDE, SIDE],)), *grid)["score"]
    assert float(punished) > 1
    assert float(spared) == 0


def test_unknown_landmarks_cost_nothing_and_give_no_nan() -> None:
    where = cells(SIDE, SIDE)
    grid = tf.constant(where.centres), tf.constant(where.strides)
    known = truth(FACE)
    unknown = known._replace(landmarks=tf.fill(known.landmarks.shape, np.float32(np.nan)))
    assert float(losses(outputs(0.0), known, *grid)["landmarks"]) > 0
    assert float(losses(outputs(0.0), unknown, *grid)["landmarks"]) == 0
