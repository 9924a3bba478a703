"""Inputs made on the device are those that OpenCV makes."""

import cv2
import numpy as np
import pytest

from models.batching.letterboxing import Letterboxing
from models.detection.letterbox import in_corner
from models.detection.searching import Pass
from models.runtimes.accelerator import Accelerator
from models.runtimes.keras import KerasRuntime

SIZES = ((240, 320), (300, 400), (97, 203), (256, 352), (1, 1), (3, 900), (2000, 2), (513, 705), (60, 61))


@pytest.fixture(scope="module")
def letterboxing(device: Accelerator) -> Letterboxing:
    return Letterboxing(device)


def blurred(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2), np.uint8)


@pytest.mark.parametrize("shape", [(256, 352), (320, 320)])
def test_pictures_of_all_sizes_become_what_opencv_makes_of_them(
    letterboxing: Letterboxing, shape: tuple[int, int]
) -> None:
    passes = [Pass.of(blurred(*size), shape) for size in SIZES]
    inputs = KerasRuntime.to_host(letterboxing.inputs(passes, 16)).astype(int)
    assert inputs.shape == (16, *shape, 3)
    for found, asked in zip(inputs, passes, strict=False):
        differences = np.abs(found - in_corner(asked.image, asked.fitted, *shape))
        assert differences.max() <= 1
        assert (differences > 0).mean() < 1e-4
    assert not inputs[len(passes) :].any()


def test_a_picture_too_long_for_its_place_is_brought_there_before(letterboxing: Letterboxing) -> None:
    shape = (256, 352)
    asked = Pass.of(blurred(1, 600_000), shape)
    (found,) = KerasRuntime.to_host(letterboxing.inputs([asked], 1))
    assert np.array_equal(found, in_corner(asked.image, asked.fitted, *shape))
