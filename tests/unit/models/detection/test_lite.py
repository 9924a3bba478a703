"""Our own detector on composed pictures: turned, dark, small, two, cut by the border, none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.errors import InvalidWeights
from models.boxes import corners, iou
from models.detection import Detection, Detector, load_detector
from models.detection.card import DetectorCard
from models.detection.lite import NETWORK
from models.weights import WEIGHTS, available, load_weights
from support import pictures

FACE = np.array([177.0, 67.0, 92.0, 112.0])
"""The astronaut's face: x, y, width, height, drawn by hand."""


@pytest.fixture(scope="module")
def lite() -> Detector:
    return load_detector("lite")


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return np.ascontiguousarray(pictures.astronaut()[:, :, ::-1])


def overlap(found: Detection, face: np.ndarray) -> float:
    return float(iou(corners(found[:4]), corners(face)))


def scene(height: int, width: int) -> np.ndarray:
    """A drawn street: sky, wall, windows, a lamp and a ball."""
    picture = np.full((height, width, 3), (190, 160, 130), np.uint8)
    cv2.rectangle(picture, (0, height // 2), (width, height), (70, 80, 90), -1)
    for x in range(width // 10, width, width // 5):
        cv2.rectangle(picture, (x, height // 6), (x + width // 12, height // 3), (60, 50, 40), -1)
    cv2.circle(picture, (width // 8, height * 3 // 4), height // 12, (40, 90, 200), -1)
    cv2.line(picture, (width * 7 // 8, height // 2), (width * 7 // 8, height // 5), (20, 20, 20), 5)
    return picture


def paste(picture: np.ndarray, photo: np.ndarray, x: int, y: int, side: int) -> np.ndarray:
    """Lay the photo into the picture, ``side`` pixels large; gives the face's box there."""
    small = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
    picture[y : y + side, x : x + side] = small
    return FACE * side / 512 + [x, y, 0, 0]


def test_finds_the_astronaut_tightly(lite: Detector, astronaut: np.ndarray) -> None:
    (found,) = lite.detect(astronaut)
    assert overlap(found, FACE) > 0.6


@pytest.mark.parametrize("degrees", [-20, 20])
def test_finds_a_turned_face(lite: Detector, astronaut: np.ndarray, degrees: float) -> None:
    matrix = cv2.getRotationMatrix2D((223, 123), degrees, 1.0)
    (found,) = lite.detect(cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    assert overlap(found, FACE) > 0.5


def test_a_turned_face_has_turned_eyes(lite: Detector, astronaut: np.ndarray) -> None:
    tilts = []
    for degrees in (-15, 15):
        matrix = cv2.getRotationMatrix2D((223, 123), degrees, 1.0)
        found = lite.detect(cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE))[0]
        (x0, y0), (x1, y1) = found.landmarks[:2]
        tilts.append(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    assert tilts[0] - tilts[1] > 12


def test_finds_a_face_in_half_the_light(lite: Detector, astronaut: np.ndarray) -> None:
    (found,) = lite.detect(astronaut // 2)
    assert overlap(found, FACE) > 0.5


def test_finds_a_face_without_colour(lite: Detector, astronaut: np.ndarray) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    (found,) = lite.detect(grey)
    assert overlap(found, FACE) > 0.5


def test_finds_a_face_of_sixty_pixels_in_a_large_picture(lite: Detector, astronaut: np.ndarray) -> None:
    picture = scene(720, 1280)
    face = paste(picture, astronaut, 500, 250, 512 * 60 // 112)
    (found,) = lite.detect(picture)
    assert overlap(found, face) > 0.4


def test_finds_two_faces(lite: Detector, astronaut: np.ndarray) -> None:
    picture = scene(480, 640)
    faces = [paste(picture, astronaut, 20, 150, 300), paste(picture, astronaut[:, ::-1], 380, 200, 250)]
    faces[1][0] = 380 + 250 - (faces[1][0] - 380) - faces[1][2]
    found = lite.detect(picture)
    assert len(found) == 2
    for face in faces:
        assert max(overlap(each, face) for each in found) > 0.5


def test_finds_a_face_that_the_border_cuts(lite: Detector, astronaut: np.ndarray) -> None:
    cut = np.ascontiguousarray(astronaut[:, 205:])
    (found,) = lite.detect(cut)
    assert overlap(found, np.subtract(FACE, [205, 0, 0, 0])) > 0.2
    assert found.x >= 0


@pytest.mark.parametrize("shape", [(480, 640), (720, 1280), (640, 480), (300, 300)])
def test_a_drawn_street_has_no_face(lite: Detector, shape: tuple[int, ...]) -> None:
    assert lite.detect(scene(*shape)) == []


def test_the_rest_of_the_photo_has_no_face(lite: Detector, astronaut: np.ndarray) -> None:
    covered = astronaut.copy()
    covered[40:200, 150:300] = (90, 100, 110)
    assert lite.detect(covered) == []


def test_tall_and_wide_pictures_work_alike(lite: Detector, astronaut: np.ndarray) -> None:
    for height, width, x, y in ((512, 800, 100, 0), (800, 512, 0, 100), (512, 512, 0, 0)):
        picture = scene(height, width)
        face = paste(picture, astronaut, x, y, 512)
        (found,) = lite.detect(picture)
        assert overlap(found, face) > 0.5


@pytest.mark.parametrize(("columns", "rows"), [(2, 1), (3, 2), (4, 3)])
def test_a_second_pass_finds_all_of_a_group(lite: Detector, astronaut: np.ndarray, columns: int, rows: int) -> None:
    found = lite.detect(np.tile(astronaut, (rows, columns, 1)))
    for place in ((x * 512, y * 512, 0, 0) for x in range(columns) for y in range(rows)):
        assert max(overlap(face, np.add(FACE, place)) for face in found) > 0.5


def test_without_effort_a_group_is_too_small(astronaut: np.ndarray) -> None:
    group = np.tile(astronaut, (4, 6, 1))
    least, most = (load_detector("lite", effort=effort) for effort in (0, 960))
    assert len(least.detect(group)) < 24 <= len(most.detect(group))


def test_two_small_faces_have_a_frame_searched_again(astronaut: np.ndarray) -> None:
    """A crowd of 20 pixels a face: most are found by the second pass only."""
    tile = cv2.resize(astronaut, (96, 96), interpolation=cv2.INTER_AREA)
    crowd = np.tile(tile, (5, 6, 1))
    least, most = (load_detector("lite", effort=effort) for effort in (0, 960))
    assert len(most.detect(crowd)) > len(least.detect(crowd))


def with_card(folder: Path, **changes: object) -> Detector:
    """The shipped network with other values on its card."""
    content, card = load_weights(NETWORK, DetectorCard)
    (folder / card.file).write_bytes(content)
    (folder / f"{NETWORK}.json").write_text(card.model_copy(update=changes).model_dump_json())
    return load_detector("lite", folder=folder)


def test_a_second_look_confirms_a_face_that_is_not_sure(tmp_path: Path, astronaut: np.ndarray) -> None:
    """A face of 13 pixels in the network's input."""
    picture = scene(480, 640)
    face = paste(picture, astronaut, 300, 200, 110)
    doubtful = load_detector("lite", min_score=0.05).detect(picture)[0].score
    thresholds = {"min_score": doubtful + 0.01, "keep_score": doubtful + 0.01, "look_score": 0.05}
    assert with_card(tmp_path, **thresholds | {"look_score": None}).detect(picture) == []
    (found,) = with_card(tmp_path, **thresholds).detect(picture)
    assert found.score > doubtful
    assert overlap(found, face) > 0.5
    kept = with_card(tmp_path, **thresholds).detect(picture, keep=True)
    assert kept[0] == found


def test_a_second_look_tells_what_is_no_face(tmp_path: Path) -> None:
    """Everything is looked at again: a street, noise, the rim of an image."""
    looking = with_card(tmp_path, min_score=0.6, keep_score=0.5, look_score=0.0)
    rng = np.random.default_rng(0)
    for picture in (scene(480, 640), rng.integers(0, 255, (300, 400, 3), np.uint8), np.zeros((1, 40, 3), np.uint8)):
        assert looking.detect(picture) == []


def test_what_the_second_pass_alone_found_is_looked_at_again(tmp_path: Path, astronaut: np.ndarray) -> None:
    """Enlarged, a buckle of the suit looks like a face to the second pass."""
    large = np.full((3024, 4032, 3), (125, 130, 120), np.uint8)
    large[:, 504:3528] = cv2.resize(astronaut, (3024, 3024), interpolation=cv2.INTER_CUBIC)
    believed = with_card(tmp_path, look_score=None).detect(large)
    (found,) = load_detector("lite").detect(large)
    assert overlap(found, FACE * 3024 / 512 + [504, 0, 0, 0]) > 0.5
    assert found in believed
    assert len(believed) > 1


def test_a_network_without_a_keras_file_says_so(tmp_path: Path) -> None:
    with_card(tmp_path, variants={})
    with pytest.raises(InvalidWeights, match="keras"):
        load_detector("lite", folder=tmp_path, runtime="keras")


def test_the_keras_file_finds_the_same_faces(lite: Detector, astronaut: np.ndarray) -> None:
    picture = np.tile(astronaut, (2, 3, 1))
    exact = load_detector("lite", runtime="keras").detect(picture)
    found = lite.detect(picture)
    assert len(exact) == len(found) == 6
    assert all(max(overlap(each, np.array(other[:4])) for other in exact) > 0.8 for each in found)


def test_the_score_of_a_call_is_respected(astronaut: np.ndarray) -> None:
    (face,) = load_detector("lite").detect(astronaut)
    low = load_detector("lite", min_score=0.01).detect(astronaut)
    assert len(low) >= 1
    assert low[0] == face
    assert load_detector("lite", min_score=min(face.score + 0.01, 1.0)).detect(astronaut) == []


def test_the_shipped_card_says_what_was_measured() -> None:
    content, card = load_weights(NETWORK, DetectorCard)
    assert NETWORK in available("detection")
    assert card.size_bytes == len(content)
    scores = card.scores["validation"]
    assert scores["average_precision"] >= 0.90
    assert scores["false_alarms_per_100"] <= 2
    assert scores["min_score"] == card.min_score


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    content, card = load_weights(NETWORK, DetectorCard)
    (tmp_path / card.file).write_bytes(content[:-1] + b"x")
    (tmp_path / f"{NETWORK}.json").write_bytes((WEIGHTS / f"{NETWORK}.json").read_bytes())
    with pytest.raises(InvalidWeights, match="damaged"):
        load_detector("lite", folder=tmp_path)
