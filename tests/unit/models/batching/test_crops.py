"""Crops made on the device are those that OpenCV makes."""

import cv2
import numpy as np
import pytest

from models.batching.crops import WIDEST, Crops
from models.batching.squares import squares
from models.cropping import CropFit, crop_faces
from models.detection import Detection
from models.runtimes.accelerator import Accelerator


@pytest.fixture(scope="module")
def crops(device: Accelerator) -> Crops:
    return Crops(device)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    return np.asarray(cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.0), None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]


def faces(sides: range) -> list[Detection]:
    """Two of each side, some of them over the image's border or outside it."""
    rng = np.random.default_rng(4)
    places = [(rng.uniform(-20, 390), rng.uniform(-20, 290), side) for side in sides for _ in range(2)]
    return [Detection(x, y, side * 0.9, side * 1.1, 0.9) for x, y, side in places]


@pytest.mark.parametrize("margin", [0.0, 0.05])
def test_squares_of_all_sizes_become_what_opencv_makes_of_them(crops: Crops, image: np.ndarray, margin: float) -> None:
    fit, found = CropFit(margin=margin), faces(range(2, WIDEST + 30, 3))
    made = crops.of(squares(image, found, fit)).astype(int)
    differences = np.abs(made - crop_faces(image, found, None, fit))
    assert differences.max() <= 1
    assert (differences > 0).mean() < 1e-3


@pytest.mark.parametrize("fit", [CropFit(align=True), CropFit(normalise="stretch"), CropFit(down=0.1)])
def test_what_the_device_cannot_do_is_done_before(crops: Crops, image: np.ndarray, fit: CropFit) -> None:
    landmarks = ((80.0, 70.0), (110.0, 85.0), (95.0, 95.0), (85.0, 110.0), (100.0, 115.0))
    found = [Detection(60, 50, 80, 90, 0.9, landmarks)]
    assert np.array_equal(crops.of(squares(image, found, fit)), crop_faces(image, found, None, fit))


def test_of_no_square_there_is_no_crop(crops: Crops) -> None:
    assert crops.of([]).shape == (0, 48, 48)
