"""Changes of light, colour and sharpness keep the form of an image and repeat with their seed."""

from collections.abc import Callable

import numpy as np
import pytest

from training.detection.photometric import cover, degrade, relight, tint

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.mark.parametrize("change", [relight, degrade, cover, tint])
def test_an_image_stays_an_image_and_the_same_seed_gives_the_same(
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> None:
    before = IMAGE.copy()
    for seed in range(40):
        changed, again = (change(IMAGE, np.random.default_rng(seed)) for _ in range(2))
        assert changed.shape == IMAGE.shape
        assert changed.dtype == np.uint8
        assert np.array_equal(changed, again)
    assert np.array_equal(IMAGE, before)


def test_a_cover_hides_a_part_only() -> None:
    hidden = (cover(IMAGE, np.random.default_rng(1)) != IMAGE).any(axis=2)
    assert 0 < hidden.mean() < 0.1


def test_a_tint_makes_grey_faces_reddish_more_or_less() -> None:
    grey = np.full((8, 8, 3), 128, np.uint8)
    tinted = np.stack([tint(grey, np.random.default_rng(seed)) for seed in range(60)])
    blue, _, red = tinted.mean(axis=(0, 1, 2))
    assert red > blue + 10
    assert any((each == grey).all() for each in tinted)
