"""Drawn scenes without a face."""

import numpy as np

from training.detection.clutter import clutter


def test_scenes_are_of_the_size_asked_for_varied_and_repeatable() -> None:
    rng, again = (np.random.default_rng(3) for _ in range(2))
    grey = 0
    for width, height in [(96, 64), (64, 96), (40, 40)] * 8:
        pixels = clutter(width, height, rng)
        assert pixels.shape == (height, width, 3)
        assert pixels.dtype == np.uint8
        assert pixels.std() > 1
        assert (pixels == clutter(width, height, again)).all()
        grey += int((np.ptp(pixels, axis=2) == 0).all())
    assert 4 < grey < 20
