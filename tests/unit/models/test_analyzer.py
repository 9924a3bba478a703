"""The whole analysis, on a real photo."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from contracts.emotions import EMOTIONS
from contracts.errors import CorruptImage, ImageTooLarge
from models import Analyzer, load_analyzer
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
    assert set(analysis.stages_ms) == {"decode", "detect", "classify"}
    assert all(value > 0 for value in analysis.stages_ms.values())
    assert set(cpu_seconds) == {"decode", "detect", "classify"}
    assert cpu_seconds["decode"] > 100, "it is added to what was there"


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
