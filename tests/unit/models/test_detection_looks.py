"""How much effort a picture is worth: which inputs it gets, and what that means for small faces."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from skimage import data

from models.detection import load_detector
from models.detection.card import DetectorCard
from models.detection.letterbox import letterbox, reduced
from models.detection.lite import NETWORK
from models.detection.looks import CLOSER, Effort, Inputs
from models.weights import load_weights


@pytest.fixture(scope="module")
def card() -> DetectorCard:
    return load_weights(NETWORK, DetectorCard)[1]


@pytest.fixture
def effort(card: DetectorCard) -> Effort:
    return Effort(card)


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def tiled(photo: np.ndarray, columns: int, rows: int) -> np.ndarray:
    return np.tile(photo, (rows, columns, 1))


def test_the_first_look_has_the_form_of_the_picture(effort: Effort, card: DetectorCard) -> None:
    assert effort.first(640, 480) == card.wide
    assert effort.first(480, 640) == card.wide[::-1]
    assert effort.first(500, 480) == card.square
    assert effort.first(4000, 3000) == card.wide


def test_frames_are_looked_at_once_and_larger_pictures_closer(effort: Effort, card: DetectorCard) -> None:
    first, second = card.closer_wide
    assert effort.closer(640, 480, 640) is None
    assert effort.closer(1280, 720, 1280) == first
    assert effort.closer(720, 1280, 1280) == first[::-1]
    assert effort.closer(1500, 1500, 1500) == card.closer_square[0]
    assert effort.closer(2400, 1600, 2400) == second
    assert effort.closer(1000, 750, 4000) == second, "the original counts, not how finely it was decoded"


def test_two_small_faces_show_a_crowd_where_there_are_finer_pixels(effort: Effort, card: DetectorCard) -> None:
    assert effort.crowd(640, 480, 2) == card.closer_wide[0]
    assert effort.crowd(640, 480, 1) is None
    assert effort.crowd(320, 240, 9) is None


def test_the_effort_is_bounded(card: DetectorCard) -> None:
    bounded, least = Effort(card, 640), Effort(card, 0)
    assert bounded.closer(4000, 3000, 4000) == card.closer_wide[0]
    assert bounded.enough(4000) == 576
    assert least.closer(4000, 3000, 4000) is None
    assert least.crowd(640, 480, 9) is None
    assert least.enough(4000) < max(card.wide)


def test_what_is_enough_nearly_fills_every_input(effort: Effort, card: DetectorCard) -> None:
    assert [effort.enough(longer) for longer in (300, CLOSER[0], CLOSER[0] + 1, CLOSER[1] + 1)] == [
        int(0.9 * max(shape)) for shape in (card.wide, card.wide, *card.closer_wide)
    ]


def test_the_smallest_face_grows_with_the_picture_and_falls_with_a_closer_look(
    effort: Effort, card: DetectorCard
) -> None:
    assert effort.smallest(200, 150) == card.smallest_face
    assert effort.smallest(2 * card.wide[1], 480) == pytest.approx(2 * card.smallest_face)
    assert effort.smallest(1280, 720) == pytest.approx(2 * card.smallest_face)
    assert effort.smallest(4000, 3000) > effort.smallest(2000, 1500)


def test_a_picture_is_halved_until_a_linear_step_suffices() -> None:
    assert reduced(np.zeros((480, 640, 3), np.uint8), 256, 320).shape == (480, 640, 3)
    assert reduced(np.zeros((1536, 2048, 3), np.uint8), 640, 960).shape == (768, 1024, 3)
    assert reduced(np.zeros((1, 4000, 3), np.uint8), 256, 320).shape == (1, 4000, 3)
    checks = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (400, 400))
    grey = letterbox(np.repeat(checks[..., None], 3, axis=2), 200, 200).pixels
    assert set(np.unique(grey)) <= {127, 128}


def test_an_input_is_opened_once_for_all_threads() -> None:
    opened: list[object] = []
    inputs = Inputs(lambda: opened.append(None) or len(opened))  # type: ignore[arg-type, return-value]
    with ThreadPoolExecutor(8) as pool:
        given = {pool.submit(inputs.of, (64, 96)).result().runtime for _ in range(32)}
    assert given == {1}


@pytest.mark.parametrize(("columns", "rows"), [(2, 1), (3, 2), (4, 3)])
def test_all_of_a_group_are_found(astronaut: np.ndarray, columns: int, rows: int) -> None:
    found = load_detector("lite").detect(tiled(astronaut, columns, rows))
    places = {(int(face.x // 512), int(face.y // 512)) for face in found if face.score > 0.6}
    assert places == {(x, y) for x in range(columns) for y in range(rows)}


def test_without_effort_a_group_is_too_small(astronaut: np.ndarray) -> None:
    group = tiled(astronaut, 4, 3)
    assert len(load_detector("lite", effort=0).detect(group)) < len(load_detector("lite").detect(group))


def test_a_face_that_fills_a_large_picture_is_found_once(astronaut: np.ndarray) -> None:
    large = cv2.resize(astronaut[20:240, 100:340], (2400, 2200), interpolation=cv2.INTER_CUBIC)
    (face,) = load_detector("lite").detect(large)
    assert face.width > 700
