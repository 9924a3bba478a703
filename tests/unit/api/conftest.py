"""A gateway on the private server, and a stand-in for the workers that speaks their protocol."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from redis import Redis

from api.access.keys import ApiKeyStore
from api.app import create_app
from api.services import services_of
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from support.gateway import MakeApp, StandIn


@pytest.fixture
def make_app(settings: Settings) -> Iterator[MakeApp]:
    """Make applications with other settings; all are closed after the test."""
    apps = []

    def make(**changes: object) -> Flask:
        apps.append(create_app(Settings(**settings.model_dump(exclude={"frame_redis_url"}) | changes)))
        return apps[-1]

    yield make
    for app in apps:
        services_of(app).close()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def worker(redis_url: str, settings: Settings) -> Iterator[StandIn]:
    with StandIn(redis_url, settings) as stand_in:
        yield stand_in


@pytest.fixture
def jobs(redis: Redis, settings: Settings) -> JobStore:
    return JobStore(redis, settings)


@pytest.fixture
def frames(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


@pytest.fixture
def api_keys(redis: Redis) -> ApiKeyStore:
    return ApiKeyStore(redis)


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(buffer, "JPEG")
    return buffer.getvalue()
