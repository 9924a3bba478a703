"""JPEGs are decoded as finely as their faces need: faces are found in a smaller picture, small ones read in a finer."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models import Analyzer
from models.classification import Classifier, load_classifier
from models.cropping import SIDE, CropFit, crop_faces, enlargement
from models.detection import load_detector
from models.images.decode import decode
from support.pictures import astronaut


class Watched(Classifier):
    """A classifier that remembers what it was given to cut faces from, and what it cut."""

    def __init__(self, real: Classifier) -> None:
        super().__init__(real._runtime, real.card)
        self.pictures: list[np.ndarray] = []
        self.boxes: list[Sequence[Any]] = []
        self.crops: list[np.ndarray] = []

    def crop(self, bgr: np.ndarray, boxes: Sequence[Any], landmarks: Any = None) -> np.ndarray:
        crops = super().crop(bgr, boxes, landmarks)
        self.pictures.append(bgr)
        self.boxes += boxes
        self.crops.append(crops)
        return crops


@pytest.fixture
def classifier() -> Watched:
    return Watched(load_classifier())


@pytest.fixture
def analyzer(classifier: Watched) -> Analyzer:
    return Analyzer(load_detector("lite"), classifier)


def photo(width: int, height: int, side: int, kind: str = "JPEG", **options: Any) -> bytes:
    """The astronaut, `side` pixels large with a face of a fifth of that, in the middle of a grey picture."""
    canvas = Image.new("RGB", (width, height), (96, 110, 120))
    canvas.paste(Image.fromarray(astronaut()).resize((side, side)), ((width - side) // 2, (height - side) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_large_face_is_found_and_read_at_half_the_size(analyzer: Analyzer, classifier: Watched) -> None:
    (face,) = analyzer.analyze(photo(640, 480, 480))
    assert classifier.pictures[0].shape == (240, 320, 3)
    assert face.box.width >= 2 * SIDE / 1.1 - 20
    assert 200 < face.box.x < 320, "in pixels of the original"


def test_a_small_face_is_cut_out_of_all_pixels_there_are(analyzer: Analyzer, classifier: Watched) -> None:
    data = photo(640, 480, 300, quality=95)
    (face,) = analyzer.analyze(data)
    assert classifier.pictures[0].shape == (480, 640, 3)
    (cut,) = classifier.boxes
    assert cut[:4] == pytest.approx((face.box.x, face.box.y, face.box.width, face.box.height), abs=1)
    assert np.array_equal(classifier.crops[0], crop_faces(decode(data).pixels, [cut], fit=classifier.card.crop))


def test_a_face_is_never_enlarged_as_long_as_there_are_finer_pixels(analyzer: Analyzer, classifier: Watched) -> None:
    for side in (1200, 1500, 1920):
        (face,) = analyzer.analyze(photo(2560, 1920, side))
        picture = classifier.pictures[-1]
        length = (face.box.width + face.box.height) / 2 * picture.shape[1] / 2560
        assert picture.shape[1] >= 1280 or length * 1.1 >= SIDE - 1
        assert picture.shape[1] <= 1280


def test_an_orientation_is_respected_in_both_pictures(analyzer: Analyzer, classifier: Watched) -> None:
    for side, shape in ((480, (240, 320, 3)), (300, (480, 640, 3))):
        upright = photo(640, 480, side, quality=95)
        tags = Image.Exif()
        tags[0x0112] = 6
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(upright)) as image:
            image.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=95, exif=tags)
        (expected,), (face,) = analyzer.analyze(upright), analyzer.analyze(buffer.getvalue())
        assert classifier.pictures[-1].shape == shape
        assert abs(face.box.x - expected.box.x) <= 4
        assert abs(face.box.y - expected.box.y) <= 4


def test_a_png_is_decoded_once_and_in_full(analyzer: Analyzer, classifier: Watched) -> None:
    assert len(analyzer.analyze(photo(640, 480, 300, "PNG"))) == 1
    assert classifier.pictures[0].shape == (480, 640, 3)


def test_enlargement_is_that_of_the_smallest_crop() -> None:
    fit = CropFit(margin=0.1)
    assert enlargement([], fit) == 0
    assert enlargement([(0, 0, 40, 40)], fit) == 1
    assert enlargement([(0, 0, 400, 400), (5, 5, 10, 30)], fit) == 2
