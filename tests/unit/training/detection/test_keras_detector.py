"""The Keras network's outputs become faces in pixels of the image."""

import numpy as np
import pytest
import tensorflow as tf

from training.detection.keras_detector import KerasDetector
from training.detection.network import build


def one_face(images: tf.Tensor, training: bool) -> list[tf.Tensor]:
    """Maps of an input of 64 pixels in which one cell of stride 16, centred on (40, 24), reports a face."""
    assert not training
    assert images.shape == (1, 64, 64, 3)
    maps = []
    for stride in (8, 16, 32):
        cells = 64 // stride
        score = np.full((1, cells, cells, 1), -9.0, np.float32)
        if stride == 16:
            score[0, 1, 2] = 2.0
        reach, points = np.zeros((1, cells, cells, 4), np.float32), np.zeros((1, cells, cells, 10), np.float32)
        maps += [tf.constant(each) for each in (score, reach, points)]
    return maps


def test_a_cell_becomes_a_face_in_pixels_of_the_image() -> None:
    (found,) = KerasDetector(one_face, size=64).detect(np.zeros((128, 128, 3), np.uint8))
    assert found[:4] == pytest.approx((48, 16, 64, 64))
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert found.landmarks == ((80, 48),) * 5


def test_an_untrained_network_finds_nothing_it_is_sure_of() -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    assert KerasDetector(build(), size=64, min_score=0.9).detect(image) == []
