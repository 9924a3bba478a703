"""What the device needs of an image for the crops of its faces."""

import numpy as np

from models.batching.crops import WIDEST
from models.batching.squares import squares
from models.cropping import CropFit
from models.detection import Detection

IMAGE = np.arange(100 * 120 * 3, dtype=np.uint32).reshape(100, 120, 3).astype(np.uint8)


def test_a_square_within_the_image_is_there_whole() -> None:
    (square,) = squares(IMAGE, [Detection(10, 20, 30, 30, 0.9)], CropFit())
    assert (square.left, square.top, square.side) == (0, 0, 30)
    assert np.array_equal(square.picture, IMAGE[20:50, 10:40])


def test_of_a_square_over_the_border_the_part_within_is_there() -> None:
    (square,) = squares(IMAGE, [Detection(-10, 80, 40, 40, 0.9)], CropFit())
    assert (square.left, square.top, square.side) == (10, 0, 40)
    assert np.array_equal(square.picture, IMAGE[80:100, 0:30])


def test_a_square_outside_is_black() -> None:
    (square,) = squares(IMAGE, [Detection(300, 80, 40, 40, 0.9)], CropFit())
    assert square.side == 40
    assert not square.picture.any()


def test_a_square_too_large_for_the_device_is_a_crop_already() -> None:
    large = np.zeros((600, 600, 3), np.uint8)
    (square,) = squares(large, [Detection(0, 0, WIDEST + 1, WIDEST + 1, 0.9)], CropFit())
    assert (square.side, square.picture.shape) == (48, (48, 48, 3))
