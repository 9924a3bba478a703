"""Cutting faces out of photos."""

import cv2
import numpy as np
import pytest

from models.cropping import CropFit, crop_faces, enlargement
from models.detection import Detection

PLAIN = CropFit()


@pytest.fixture
def photo() -> np.ndarray:
    """A dark picture of 200x160 with a bright square of 48 at (60, 40)."""
    picture = np.full((160, 200, 3), 30, np.uint8)
    picture[40:88, 60:108] = 220
    return picture


def test_a_box_of_48_pixels_is_cut_out_unchanged(photo: np.ndarray) -> None:
    (crop,) = crop_faces(photo, [(60, 40, 48, 48)], fit=PLAIN)
    assert crop.dtype == np.uint8
    assert crop.shape == (48, 48)
    assert (crop == 220).all()


def test_a_margin_is_added_on_every_side(photo: np.ndarray) -> None:
    (crop,) = crop_faces(photo, [(60, 40, 48, 48)], fit=CropFit(margin=0.25))
    assert (crop[:7] == 30).all()
    assert (crop[:, -7:] == 30).all()
    assert (crop[10:38, 10:38] == 220).all()


def test_a_shift_moves_the_square_down(photo: np.ndarray) -> None:
    (crop,) = crop_faces(photo, [(60, 40, 48, 48)], fit=CropFit(down=0.25))
    assert (crop[:34] == 220).all()
    assert (crop[38:] == 30).all()


def test_an_oblong_box_becomes_a_square_around_its_centre(photo: np.ndarray) -> None:
    (crop,) = crop_faces(photo, [(64, 36, 40, 56)], fit=PLAIN)
    assert (crop == 220).all()


@pytest.mark.parametrize("box", [(-20, -20, 60, 60), (180, 140, 60, 60), (-500, -500, 20, 20), (199, 159, 0.4, 0.2)])
def test_boxes_may_reach_over_the_border_or_lie_outside(photo: np.ndarray, box: tuple[float, ...]) -> None:
    assert crop_faces(photo, [box], fit=CropFit(margin=0.2)).shape == (1, 48, 48)


def test_the_border_is_continued_by_its_own_pixels(photo: np.ndarray) -> None:
    photo[:] = 90
    assert (crop_faces(photo, [(-30, -30, 100, 100)], fit=PLAIN) == 90).all()


def tilted_face(degrees: float) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A face of two dark eyes and a mouth, turned around the centre, and where its five landmarks lie."""
    picture = np.full((200, 200, 3), 200, np.uint8)
    points = [(70.0, 85.0), (130.0, 85.0), (100.0, 105.0), (80.0, 130.0), (120.0, 130.0)]
    for x, y in points[:2]:
        cv2.circle(picture, (int(x), int(y)), 8, (0, 0, 0), -1)
    cv2.rectangle(picture, (80, 126), (120, 134), (0, 0, 0), -1)
    matrix = cv2.getRotationMatrix2D((100, 100), degrees, 1.0)
    turned = cv2.warpAffine(picture, matrix, (200, 200), borderMode=cv2.BORDER_REPLICATE)
    return turned, [tuple(matrix @ (x, y, 1)) for x, y in points]


@pytest.mark.parametrize("degrees", [-20, 15, 30])
def test_alignment_levels_the_eyes(degrees: float) -> None:
    upright, _ = tilted_face(0)
    (wanted,) = crop_faces(upright, [(50, 50, 100, 100)], fit=CropFit(align=True))
    turned, landmarks = tilted_face(degrees)
    found = Detection(50, 50, 100, 100, 0.9, tuple(landmarks))
    (level,) = crop_faces(turned, [found], fit=CropFit(align=True))
    (crooked,) = crop_faces(turned, [found], fit=PLAIN)
    assert np.abs(level.astype(int) - wanted).mean() < 6
    assert np.abs(crooked.astype(int) - wanted).mean() > 12


def test_alignment_does_without_landmarks(photo: np.ndarray) -> None:
    found = Detection(60, 40, 48, 48, 0.9, None)
    assert (crop_faces(photo, [found], fit=CropFit(align=True)) == 220).all()


def test_landmarks_may_be_given_apart() -> None:
    turned, landmarks = tilted_face(20)
    box, fit = (50, 50, 100, 100), CropFit(align=True)
    apart = crop_faces(turned, [box], [landmarks], fit)
    assert np.array_equal(apart, crop_faces(turned, [Detection(*box, 0.9, tuple(landmarks))], fit=fit))


def test_a_face_upside_down_is_left_as_it_is() -> None:
    turned, landmarks = tilted_face(90)
    box, fit = (50, 50, 100, 100), CropFit(align=True)
    assert np.array_equal(crop_faces(turned, [box], [landmarks], fit), crop_faces(turned, [box], fit=PLAIN))


def test_grey_values_can_be_stretched_or_equalised(photo: np.ndarray) -> None:
    photo[40:88, 60:108] = np.linspace(100, 140, 48, dtype=np.uint8)[None, :, None]
    box = [(60, 40, 48, 48)]
    assert np.ptp(crop_faces(photo, box, fit=PLAIN)) < 45
    for normalise in ("stretch", "equalise"):
        crop = crop_faces(photo, box, fit=CropFit(normalise=normalise))
        assert crop.min() < 5
        assert crop.max() > 250


def test_enlargement_is_that_of_the_smallest_crop() -> None:
    fit = CropFit(margin=0.1)
    assert enlargement([], fit) == 0
    assert enlargement([(0, 0, 40, 40)], fit) == 1
    assert enlargement([(0, 0, 400, 400), (5, 5, 10, 30)], fit) == 2
