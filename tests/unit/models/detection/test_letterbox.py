"""An image in the upper left corner of a network's input."""

import numpy as np
import pytest

from models.detection.letterbox import halved, letterbox


@pytest.mark.parametrize(("height", "width"), [(48, 64), (480, 640), (7, 3000), (3000, 7), (1, 1)])
def test_a_letter_keeps_proportions_and_lies_in_the_upper_left_corner(height: int, width: int) -> None:
    letterboxed = letterbox(np.full((height, width, 3), 200, np.uint8), 96, 128)
    assert letterboxed.pixels.shape == (96, 128, 3)
    tall, wide = round(letterboxed.scale_y * height), round(letterboxed.scale_x * width)
    assert tall == 96 or wide == 128
    assert (letterboxed.pixels[:tall, :wide] == 200).all()
    assert not letterboxed.pixels[tall:].any()
    assert not letterboxed.pixels[:, wide:].any()


def test_a_letter_is_red_first() -> None:
    blue = np.zeros((10, 10, 3), np.uint8)
    blue[..., 0] = 255
    assert letterbox(blue, 32, 32).pixels[5, 5].tolist() == [0, 0, 255]


def test_an_image_is_halved_until_linear_interpolation_passes_over_no_pixel() -> None:
    assert halved(np.zeros((480, 640, 3), np.uint8), 256, 320).shape == (480, 640, 3)
    assert halved(np.zeros((1536, 2048, 3), np.uint8), 640, 960).shape == (768, 1024, 3)
    assert halved(np.zeros((1, 4000, 3), np.uint8), 256, 320).shape == (1, 4000, 3)
    checks = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (400, 400))
    grey = letterbox(np.repeat(checks[..., None], 3, axis=2), 200, 200).pixels
    assert set(np.unique(grey)) <= {127, 128}
