"""Pictures of many sizes in one array."""

import numpy as np

from models.batching.packing import packed


def test_each_picture_is_found_again() -> None:
    pictures = [np.full((height, width, 3), height, np.uint8) for height, width in ((2, 3), (5, 1), (1, 4))]
    together = packed(pictures, (10, 20, 40))
    assert together.pixels.shape == (20, 3)
    for picture, begin, height, width in zip(pictures, *together[1:], strict=True):
        found = together.pixels[begin : begin + height * width].reshape(height, width, 3)
        assert np.array_equal(found, picture)


def test_the_smallest_array_that_suffices_is_taken() -> None:
    picture = np.zeros((2, 5, 3), np.uint8)
    assert packed([picture], (10, 20)).pixels.shape == (10, 3)
    assert packed([picture, picture[:1]], (10, 20)).pixels.shape == (20, 3)
