"""Many images at once are answered as each by itself."""

import io

import pytest
from PIL import Image

from contracts.errors import NotAnImage
from contracts.results import Analysis
from models import Analyzer, load_analyzer
from models.batching import BatchAnalyzer
from models.classification import load_classifier
from models.detection import load_detector
from support.pictures import astronaut


def photo(width: int = 512) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((width, width)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def batching() -> BatchAnalyzer:
    analyzer = load_analyzer(runtime="keras")
    assert isinstance(analyzer, BatchAnalyzer)
    return analyzer


@pytest.fixture(scope="module")
def single() -> Analyzer:
    return Analyzer(load_detector("lite", runtime="keras"), load_classifier(runtime="keras"))


def test_a_broken_image_among_others_costs_them_nothing(batching: BatchAnalyzer, single: Analyzer) -> None:
    first, broken, last = batching.analyze_images([photo(), b"no image", photo(300)])
    assert isinstance(broken, NotAnImage)
    for found, data in ((first, photo()), (last, photo(300))):
        assert isinstance(found, Analysis)
        (face,), (expected,) = found.faces, single.analyze(data)
        assert face.box == expected.box
        assert face.scores == pytest.approx(expected.scores, abs=1e-3)
