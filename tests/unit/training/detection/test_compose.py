"""Composed training images."""

import numpy as np

from support.faces import labelled_images
from training.detection.compose import Composer


def test_composed_pictures_are_whole_and_repeatable() -> None:
    composer, again = (Composer(labelled_images(), size=96, seed=3) for _ in range(2))
    for _ in range(60):
        sample, same = composer.draw(), again.draw()
        assert sample.pixels.shape == (96, 96, 3)
        assert sample.pixels.dtype == np.uint8
        assert (sample.pixels == same.pixels).all()
        assert (sample.boxes == same.boxes).all()
        assert ((sample.boxes >= 0) & (sample.boxes <= 96)).all()
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
        assert len(sample.boxes) == len(sample.landmarks)
