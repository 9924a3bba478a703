"""The device of these tests: a processor, with batches of up to 16, and what runs on it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from models import Analyzer
from models.batching import BatchAnalyzer
from models.classification import Classifier, load_classifier
from models.detection.lite import LiteDetector
from models.runtimes.accelerator import Accelerator, accelerator
from support.acceleration import ACCELERATION
from support.pictures import astronaut


@pytest.fixture(scope="session")
def device() -> Accelerator:
    return accelerator(ACCELERATION)


@pytest.fixture(scope="session")
def detector() -> LiteDetector:
    return LiteDetector(runtime="keras", acceleration=ACCELERATION)


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load_classifier(runtime="keras", acceleration=ACCELERATION)


@pytest.fixture(scope="session")
def batching(detector: LiteDetector, classifier: Classifier) -> BatchAnalyzer:
    return BatchAnalyzer(detector, classifier, acceleration=ACCELERATION)


@pytest.fixture(scope="session")
def single(detector: LiteDetector, classifier: Classifier) -> Analyzer:
    """The same networks, an image at a time, with everything beside them done by OpenCV."""
    return Analyzer(detector, classifier)


@pytest.fixture(scope="session")
def photo() -> Callable[..., bytes]:
    """Make the astronaut's portrait as a file of this size and kind (Pillow's name)."""

    def make(width: int = 512, height: int = 512, kind: str = "JPEG", orientation: int = 1) -> bytes:
        exif = Image.Exif()
        exif[0x0112] = orientation
        buffer = io.BytesIO()
        Image.fromarray(astronaut()).resize((width, height)).save(buffer, kind, quality=95, exif=exif)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def crowd() -> bytes:
    """Two hundred faces in a photo, each some 25 pixels wide."""
    face = np.asarray(Image.fromarray(astronaut()[20:220, 125:325]).resize((48, 48)))
    buffer = io.BytesIO()
    Image.fromarray(np.tile(face, (10, 20, 1))).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
