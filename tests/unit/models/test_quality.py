"""Why not to trust a label: each measure by itself, and all at a real photo."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from contracts.results import Box
from models import Analyzer, load_analyzer
from models.detection import Landmarks
from models.quality import BLURRED, DARK, SMALL_PX, TURNED, brightness, flaws, sharpness, turn
from support.pictures import astronaut

WITHIN = Box(x=20, y=20, width=40, height=40)
FRONTAL: Landmarks = ((30, 40), (50, 40), (40, 55), (32, 65), (48, 65))


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return load_analyzer()


def textured(brightest: int = 255) -> np.ndarray:
    random = np.random.default_rng(3)
    return random.integers(0, brightest + 1, (48, 48)).astype(np.uint8)


@pytest.mark.parametrize(("x", "y"), [(0, 20), (20, 0), (60, 20), (20, 60)])
def test_a_face_at_the_border_of_the_image_may_be_cut(x: int, y: int) -> None:
    assert flaws(Box(x=x, y=y, width=40, height=40), 100, 100) == ["cut"]


def test_a_good_face_has_no_flaw() -> None:
    assert flaws(Box(x=1, y=1, width=98, height=98), 100, 100, textured(), FRONTAL) == []


def test_a_face_of_few_pixels_is_small() -> None:
    assert flaws(WITHIN.model_copy(update={"width": SMALL_PX - 1, "height": SMALL_PX}), 100, 100) == ["small"]
    assert flaws(WITHIN.model_copy(update={"width": SMALL_PX, "height": SMALL_PX}), 100, 100) == []


def test_a_face_without_detail_is_blurred_however_light_it_is() -> None:
    sharp = textured()
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3))
    assert sharpness(soft) < BLURRED < sharpness(sharp) == pytest.approx(sharpness(sharp // 2), rel=0.02)
    assert flaws(WITHIN, 100, 100, soft) == ["blurred"]
    assert sharpness(np.full((48, 48), 90, np.uint8)) == 0


def test_a_face_in_the_dark_is_dark() -> None:
    assert flaws(WITHIN, 100, 100, textured(brightest=60)) == ["dark"]
    assert brightness(np.full((48, 48), int(DARK), np.uint8)) == DARK


def test_a_face_whose_nose_is_beside_the_middle_of_its_eyes_is_turned() -> None:
    to_the_side: Landmarks = (FRONTAL[0], FRONTAL[1], (47.0, 55.0), *FRONTAL[3:])
    assert turn(FRONTAL) == 0
    assert turn(to_the_side) == pytest.approx(0.7)
    assert flaws(WITHIN, 100, 100, textured(), to_the_side) == ["turned"]
    assert turn(((1, 1), (1, 1), (2, 2), (0, 3), (2, 3))) > TURNED, (
        "eyes at one place are those of a face from the side"
    )


def test_a_head_that_leans_is_not_turned() -> None:
    points = np.array(FRONTAL) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    leaning: Landmarks = tuple((float(x), float(y)) for x, y in points)  # type: ignore[assignment]
    assert turn(leaning) == pytest.approx(0)


def test_a_photo_is_judged_as_the_network_sees_it(analyzer: Analyzer) -> None:
    def judged(pixels: np.ndarray) -> list[str]:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        (face,) = analyzer.analyze(buffer.getvalue())
        return list(face.quality)

    photo = astronaut()
    assert judged(photo) == []
    assert judged((photo * 0.2).astype(np.uint8)) == ["dark"]
    assert judged(np.asarray(cv2.GaussianBlur(photo, (0, 0), 6))) == ["blurred"]


def test_without_readings_only_what_needs_no_crop_is_told() -> None:
    bare = load_analyzer(faces_only=True)
    buffer = io.BytesIO()
    Image.fromarray((astronaut() * 0.2).astype(np.uint8)[100:, :]).save(buffer, "PNG")
    for face in bare.analyze(buffer.getvalue()):
        assert set(face.quality) <= {"cut", "small", "turned"}
