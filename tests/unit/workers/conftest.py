"""A worker's services on the private server, with real models that are loaded once."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from redis import Redis

from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from models import Analyzer
from support.batching import OneByOne
from support.pictures import astronaut
from workers.services import Services, connect_services, load_models


def encoded(pixels: np.ndarray) -> bytes:
    """The RGB image as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """The models that a worker loads by default."""
    return load_models(Settings())


@pytest.fixture
def services(redis: Redis, settings: Settings, analyzer: Analyzer) -> Iterator[Services]:
    """What a worker's tasks work with; closed after the test."""
    services = connect_services(settings, analyzer)
    yield services
    services.close()


@pytest.fixture
def batching(analyzer: Analyzer) -> OneByOne:
    """An analyzer that is given the images of a claim at once."""
    return OneByOne(analyzer)


@pytest.fixture
def batch_services(redis: Redis, settings: Settings, batching: OneByOne) -> Iterator[Services]:
    """The same for that analyzer."""
    services = connect_services(settings, batching)
    yield services
    services.close()


@pytest.fixture
def dispatcher(settings: Settings) -> Iterator[Dispatcher]:
    """Announces work on the private server; closed after the test."""
    dispatcher = Dispatcher(settings)
    yield dispatcher
    dispatcher.close()


@pytest.fixture(scope="session")
def face_jpeg() -> bytes:
    """A photo with one face."""
    return encoded(astronaut())


@pytest.fixture(scope="session")
def plain_jpeg() -> bytes:
    """An image without a face."""
    return encoded(np.full((64, 64, 3), 120, np.uint8))
