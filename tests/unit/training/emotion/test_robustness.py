"""Damages of images."""

import numpy as np

from training.emotion.robustness import DAMAGES
from training.shared.fer2013 import Fer2013


def test_damages_keep_the_form_and_repeat(data: Fer2013) -> None:
    image = data.public_test.images[0]
    for damage in DAMAGES.values():
        damaged = damage(image)
        assert damaged.shape == image.shape
        assert damaged.dtype == np.uint8
        assert not np.array_equal(damaged, image)
        assert np.array_equal(damaged, damage(image))
