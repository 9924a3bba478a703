"""Pictures become JPEG of a bounded size."""

import cv2
import numpy as np
import pytest

from capture.encoding import encode
from capture.source import BgrImage


def decode(jpeg: bytes) -> BgrImage:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def test_a_picture_keeps_its_size_and_its_colours() -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = (200, 60, 20)
    jpeg = encode(picture, 1920, 80)
    assert jpeg.startswith(b"\xff\xd8")
    assert jpeg.endswith(b"\xff\xd9")
    decoded = decode(jpeg)
    assert decoded.shape == picture.shape
    assert np.abs(decoded[:, 4:28].astype(int) - picture[:, 4:28]).max() < 12


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3840, 2160), (1920, 1080)), ((1080, 3840), (540, 1920)), ((1920, 1080), (1920, 1080)), ((5000, 1), (1920, 1))],
)
def test_larger_pictures_are_scaled_down_in_proportion(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    decoded = decode(encode(np.full((height, width, 3), 90, np.uint8), 1920, 80))
    assert (decoded.shape[1], decoded.shape[0]) == expected


def test_each_camera_has_its_own_size_and_quality() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    assert decode(encode(picture, 80, 80)).shape == (60, 80, 3)
    assert len(encode(picture, 160, 20)) < len(encode(picture, 160, 80)) / 2
