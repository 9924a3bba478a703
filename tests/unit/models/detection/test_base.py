"""One contract for every detector that runs without a file of its own."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from contracts.errors import InvalidImage
from models.detection import Detection, Detector, load_detector
from models.images.decode import EncodedImage
from support import pictures

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return np.ascontiguousarray(pictures.astronaut()[:, :, ::-1])


@pytest.fixture(scope="session", params=["lite", "haar", "mtcnn"])
def detector(request: pytest.FixtureRequest) -> Detector:
    return load_detector(request.param)


def test_finds_the_one_face(detector: Detector, astronaut: np.ndarray, on_the_face: Callable[..., float]) -> None:
    (found,) = detector.detect(astronaut)
    assert isinstance(found, Detection)
    assert isinstance(found, tuple)
    assert on_the_face(*found[:4]) > 0.5
    assert detector.min_score <= found.score <= 1


def test_answers_in_plain_floats(detector: Detector, astronaut: np.ndarray) -> None:
    (found,) = detector.detect(astronaut)
    points = [value for point in found.landmarks or () for value in point]
    assert {type(value) for value in (*found[:5], *points)} == {float}


def test_names_the_sides_as_the_person_has_them(detector: Detector, astronaut: np.ndarray) -> None:
    (found,) = detector.detect(astronaut)
    if detector.name == "haar":
        assert found.landmarks is None
        return
    right_eye, left_eye, nose, right_corner, left_corner = found.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < left_corner[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_corner[1], left_corner[1])


def test_boxes_stay_within_the_picture(detector: Detector, astronaut: np.ndarray) -> None:
    face = np.ascontiguousarray(astronaut[75:190, 170:260])
    for x, y, width, height, *_ in detector.detect(face):
        assert 0 <= x < x + width <= face.shape[1]
        assert 0 <= y < y + height <= face.shape[0]


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 4000, 3), (4000, 20, 3), (480, 640, 3)])
def test_empty_pictures_of_any_shape_have_no_face(detector: Detector, shape: tuple[int, ...]) -> None:
    assert detector.detect(np.full(shape, 128, np.uint8)) == []


@pytest.mark.parametrize(
    "wrong",
    [None, np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32), np.zeros((0, 9, 3), np.uint8)],
    ids=["nothing", "grey", "floats", "empty"],
)
def test_refuses_what_is_no_picture(detector: Detector, wrong: object) -> None:
    with pytest.raises(InvalidImage):
        detector.detect(wrong)


def test_eight_threads_answer_as_one(detector: Detector, astronaut: np.ndarray) -> None:
    pictures = [np.ascontiguousarray(np.roll(astronaut, 12 * step, axis=1)) for step in range(8)]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(detector.detect, pictures * 2))
    assert together == alone * 2


def test_less_is_asked_of_a_face_that_was_there_a_moment_ago(detector: Detector) -> None:
    assert 0 < detector.keep_score <= detector.min_score


def test_faces_to_keep_are_those_found_and_maybe_more(detector: Detector, astronaut: np.ndarray) -> None:
    dim = np.asarray(astronaut // 4, np.uint8)
    for picture in (astronaut, dim):
        found, kept = detector.detect(picture), detector.detect(picture, keep=True)
        assert kept[: len(found)] == found
        assert all(detector.keep_score <= face.score < detector.min_score for face in kept[len(found) :])


def test_the_smallest_face_searched_for_grows_with_the_original(detector: Detector) -> None:
    frame, photo = detector.smallest_face(640, 480), detector.smallest_face(4000, 3000)
    assert 8 < frame <= 60
    assert frame <= photo < 4000 / 8
    assert detector.smallest_face(480, 640) == frame


@pytest.mark.parametrize("side", [700, 1600])
def test_a_jpeg_decoded_as_finely_as_is_enough_shows_the_same_face(
    detector: Detector, astronaut: np.ndarray, on_the_face: Callable[..., float], side: int
) -> None:
    large = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_CUBIC)
    image = EncodedImage(cv2.imencode(".jpg", large)[1].tobytes())
    picture = image.decode(detector.sufficient_size(image.longest_side))
    (found,) = detector.detect(picture.pixels, image.longest_side)
    assert on_the_face(*found[:4], scale=picture.pixels.shape[1] / 512) > 0.5
