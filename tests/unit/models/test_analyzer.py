"""The whole analysis, on a real photo.

JPEGs are decoded as finely as their faces need: faces are found in a smaller image, small ones read in a finer.
"""

import io
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contracts.emotions import EMOTIONS
from contracts.errors import ConfigurationError, CorruptImage, ImageTooLarge
from models import Analyzer, load_analyzer
from models.classification import Classifier, load_classifier
from models.cropping import SIDE, crop_faces
from models.detection import load_detector
from models.images.decode import decode
from models.images.decoder_process import DecoderPool
from support.pictures import astronaut


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return load_analyzer()


def photo(width: int = 512, quality: int = 95) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((width, width)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def test_the_astronaut_has_one_face_where_it_is(analyzer: Analyzer, on_the_face: Callable[..., float]) -> None:
    faces = analyzer.analyze(photo())
    assert len(faces) == 1
    assert on_the_face(**faces[0].box.model_dump()) >= 0.5
    assert set(faces[0].scores) == set(EMOTIONS)
    assert sum(faces[0].scores.values()) == pytest.approx(1, abs=1e-5)
    assert faces[0].confidence == max(faces[0].scores.values()) == faces[0].scores[faces[0].emotion]


def test_boxes_are_in_pixels_of_the_original_even_if_it_was_decoded_smaller(
    analyzer: Analyzer, on_the_face: Callable[..., float]
) -> None:
    analysis = analyzer.analyze_image(photo(3072))
    assert (analysis.width, analysis.height) == (3072, 3072)
    assert len(analysis.faces) == 1
    assert on_the_face(**analysis.faces[0].box.model_dump(), scale=6) >= 0.5


def test_an_analysis_says_what_made_it_and_where_time_went(analyzer: Analyzer) -> None:
    cpu_seconds: dict[str, float] = {"decode": 100.0}
    analysis = analyzer.analyze_image(photo(), cpu_seconds)
    assert (analysis.detector, analysis.model) == (analyzer.detector_name, analyzer.model_name)
    assert analysis.labels == "fer2013"
    assert set(analysis.stages_ms) == {"decode", "detect", "classify"}
    assert all(value > 0 for value in analysis.stages_ms.values())
    assert set(cpu_seconds) == {"decode", "detect", "classify"}
    assert cpu_seconds["decode"] > 100, "it is added to what was there"


def test_an_analysis_says_the_smallest_face_that_was_searched_for(analyzer: Analyzer) -> None:
    sizes = [(640, 480), (480, 640), (4000, 3000)]
    frame, portrait, large = (
        analyzer.analyze_image(framed_photo(width, height, 100)).smallest_face_px for width, height in sizes
    )
    assert frame is not None
    assert large is not None
    assert 8 < frame == portrait < large < 300


def test_a_picture_without_a_face_has_none(analyzer: Analyzer) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((300, 400, 3), 120, np.uint8)).save(buffer, "PNG")
    assert analyzer.analyze(buffer.getvalue()) == []


def test_limits_and_damage_are_typed_errors(analyzer: Analyzer) -> None:
    with pytest.raises(ImageTooLarge):
        load_analyzer(max_pixels=1000).analyze(photo())
    with pytest.raises(CorruptImage):
        analyzer.analyze(photo()[:5000])


def test_eight_threads_get_what_one_gets(analyzer: Analyzer) -> None:
    photos = [photo(quality=quality) for quality in range(60, 92, 4)]
    serial = [analyzer.analyze(data) for data in photos]
    pick: Callable[[int], object] = lambda i: analyzer.analyze(photos[i % 8])  # noqa: E731
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(pick, range(40))) == [serial[i % 8] for i in range(40)]


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
def watched() -> Watched:
    return Watched(load_classifier())


@pytest.fixture
def watching(watched: Watched) -> Analyzer:
    return Analyzer(load_detector("lite"), watched)


def framed_photo(width: int, height: int, side: int, kind: str = "JPEG", **options: Any) -> bytes:
    """The astronaut, `side` pixels large with a face of a fifth of that, in the middle of a grey picture."""
    canvas = Image.new("RGB", (width, height), (96, 110, 120))
    canvas.paste(Image.fromarray(astronaut()).resize((side, side)), ((width - side) // 2, (height - side) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_large_face_is_found_and_read_at_half_the_size(watching: Analyzer, watched: Watched) -> None:
    (face,) = watching.analyze(framed_photo(640, 480, 480))
    assert watched.pictures[0].shape == (240, 320, 3)
    assert face.box.width >= 2 * SIDE / 1.1 - 20
    assert 200 < face.box.x < 320, "in pixels of the original"


def test_a_small_face_is_cut_out_of_all_pixels_there_are(watching: Analyzer, watched: Watched) -> None:
    data = framed_photo(640, 480, 300, quality=95)
    (face,) = watching.analyze(data)
    assert watched.pictures[0].shape == (480, 640, 3)
    (cut,) = watched.boxes
    assert cut[:4] == pytest.approx((face.box.x, face.box.y, face.box.width, face.box.height), abs=1)
    assert np.array_equal(watched.crops[0], crop_faces(decode(data).pixels, [cut], fit=watched.card.crop))


def test_a_face_is_never_enlarged_as_long_as_there_are_finer_pixels(watching: Analyzer, watched: Watched) -> None:
    for side in (1200, 1500, 1920):
        (face,) = watching.analyze(framed_photo(2560, 1920, side))
        picture = watched.pictures[-1]
        length = (face.box.width + face.box.height) / 2 * picture.shape[1] / 2560
        assert picture.shape[1] >= 1280 or length * 1.1 >= SIDE - 1
        assert picture.shape[1] <= 1280


def test_an_orientation_is_respected_in_both_pictures(watching: Analyzer, watched: Watched) -> None:
    for side, shape in ((480, (240, 320, 3)), (300, (480, 640, 3))):
        upright = framed_photo(640, 480, side, quality=95)
        tags = Image.Exif()
        tags[0x0112] = 6
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(upright)) as image:
            image.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=95, exif=tags)
        (expected,), (face,) = watching.analyze(upright), watching.analyze(buffer.getvalue())
        assert watched.pictures[-1].shape == shape
        assert abs(face.box.x - expected.box.x) <= 4
        assert abs(face.box.y - expected.box.y) <= 4


def test_a_png_is_decoded_once_and_in_full(watching: Analyzer, watched: Watched) -> None:
    assert len(watching.analyze(framed_photo(640, 480, 300, "PNG"))) == 1
    assert watched.pictures[0].shape == (480, 640, 3)


def test_a_broken_decoder_costs_the_images_that_need_it_and_no_others() -> None:
    with DecoderPool([sys.executable, "-c", "import os; os.abort()"]) as broken:
        analyzer = Analyzer(load_detector(), load_classifier(), children=broken)
        assert len(analyzer.analyze(photo())) == 1
        for options in ({"format": "PNG"}, {"format": "JPEG", "progressive": True}):
            buffer = io.BytesIO()
            Image.fromarray(astronaut()).save(buffer, **options)
            with pytest.raises(CorruptImage, match="breaks the program"):
                analyzer.analyze(buffer.getvalue())
        assert len(analyzer.analyze(photo())) == 1


def test_isolated_decoding_finds_the_same() -> None:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "PNG")
    isolated, plain = load_analyzer(isolated=True), load_analyzer()
    assert isolated.analyze(buffer.getvalue()) == plain.analyze(buffer.getvalue())


def test_faces_only_finds_the_same_faces_and_has_no_network_that_could_read_them(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("an expression was read")

    monkeypatch.setattr(Classifier, "predict_by", refuse)
    monkeypatch.setattr("models.analyzer.load_classifier", refuse)
    alone = load_analyzer(faces_only=True)
    alone.warm_up()
    analysis = alone.analyze_image(photo())
    monkeypatch.undo()
    assert [face.box for face in analysis.faces] == [face.box for face in analyzer.analyze(photo())]
    assert [(face.emotion, face.confidence, face.scores) for face in analysis.faces] == [(None, None, {})]
    assert analysis.model == alone.model_name == "none"
    assert set(analysis.stages_ms) == {"decode", "detect"}
    assert analysis.labels is None


def test_the_head_for_people_names_the_emotion_where_that_is_wanted(two_headed: Path) -> None:
    for labels, emotion in (("fer2013", "Sad"), ("people", "Surprise")):
        analyzer = load_analyzer(model=str(two_headed), labels=labels)
        analyzer.warm_up()
        analysis = analyzer.analyze_image(photo())
        assert (analysis.labels, analysis.faces[0].emotion) == (labels, emotion)
        assert sum(analysis.faces[0].scores.values()) == pytest.approx(1, abs=1e-5)


def test_the_head_for_people_is_refused_where_the_network_has_none() -> None:
    with pytest.raises(ConfigurationError, match="no head for people"):
        load_analyzer(model="classic-1", labels="people")
    load_analyzer(model="classic-1", labels="people", faces_only=True)
