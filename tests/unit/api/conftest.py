"""A gateway on the private server, and a stand-in for the workers that speaks their protocol."""

import io
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from redis import Redis

from api.app import create_app
from api.services import services_of
from contracts.emotions import EMOTIONS
from contracts.jobs import ItemResult
from contracts.queues import JOB_QUEUES
from contracts.results import Analysis, Box, Face
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.jobs import Claim, JobStore

Analyze = Callable[[int, bytes], ItemResult]


def happy(index: int, image: bytes) -> ItemResult:
    scores = dict.fromkeys(EMOTIONS, 0.01) | {"Happy": 0.94}
    face = Face(
        box=Box(x=10, y=12, width=40, height=44),
        emotion="Happy",
        confidence=0.94321,
        scores=scores,
        detection_score=0.9,
    )
    analysis = Analysis(width=64, height=64, faces=[face], detector="lite", model="classic-1")
    return ItemResult(index=index, analysis=analysis)


class StandIn:
    """Takes announcements from Celery's queues, claims the jobs and finishes them with canned analyses."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.analyze: Analyze = happy
        self.seen: list[list[bytes]] = []
        self._redis = connect(url, name="stand-in")
        self._jobs = JobStore(self._redis, settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._redis.close()

    @staticmethod
    def nobody(index: int, image: bytes) -> ItemResult:
        """An analysis that finds no face."""
        analysis = Analysis(width=64, height=64, faces=[], detector="lite", model="classic-1")
        return ItemResult(index=index, analysis=analysis)

    def _work(self) -> None:
        while not self._stop.is_set():
            popped = self._redis.blpop(list(JOB_QUEUES), timeout=0.1)
            if popped:
                self._handle(json.loads(popped[1])["headers"]["argsrepr"])

    def _handle(self, job_id: str) -> None:
        if self._jobs.claim(job_id, "stand-in") is Claim.CLAIMED:
            images = self._jobs.images(job_id)
            self.seen.append(images)
            self._jobs.finish(job_id, "stand-in", [self.analyze(i, image) for i, image in enumerate(images)])


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    services_of(app).close()


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


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 64)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (120, 90, 60)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return picture()
