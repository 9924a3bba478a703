"""The demo camera shows one face, large enough to be read, that moves."""

import cv2
import numpy as np

from capture.sources.demo import PHOTO, DemoCamera, portrait


def faces(moment: float) -> list[list[int]]:
    """Boxes (x, y, width, height) in pixels, found by OpenCV's own cascade."""
    captured = DemoCamera(clock=lambda: moment).read()
    assert captured.taken_at == moment
    assert captured.image.shape == (480, 640, 3)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    grey = cv2.cvtColor(captured.image, cv2.COLOR_BGR2GRAY)
    return [list(box) for box in cascade.detectMultiScale(grey, 1.1, 12, minSize=(90, 90))]


def test_there_is_always_one_face_of_more_than_a_hundred_pixels() -> None:
    boxes = [faces(moment) for moment in np.arange(0, 30, 3.0)]
    assert [len(found) for found in boxes] == [1] * 10
    assert min(width for ((_, _, width, _),) in boxes) > 100
    assert np.ptp([x for ((x, _, _, _),) in boxes]) > 80
    assert np.ptp([y for ((_, y, _, _),) in boxes]) > 40


def test_it_moves_gently() -> None:
    (before,), (after,) = faces(10.0), faces(10.2)
    assert abs(before[0] - after[0]) < 25
    assert abs(before[1] - after[1]) < 25


def test_its_photo_is_shipped_and_small_enough_for_the_repository() -> None:
    assert portrait().shape == (512, 512, 3)
    assert PHOTO.stat().st_size < 150_000
