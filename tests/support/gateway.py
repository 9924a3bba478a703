"""A gateway under test: how fixtures make one, and a stand-in for the workers that speaks their protocol."""

import io
import secrets
import threading
import zipfile
from collections.abc import Callable
from typing import Protocol

from flask import Flask
from flask.testing import FlaskClient

from contracts.emotions import EMOTIONS
from contracts.jobs import ItemResult
from contracts.queues import JOB_QUEUES
from contracts.results import Analysis, Box, Face
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.job_queue import Finished, JobQueue
from contracts.storage.jobs import JobStore

NO_SERVER = "redis://127.0.0.1:1/0"
"""An address where no server answers."""

Analyze = Callable[[int, bytes], ItemResult]


class MakeApp(Protocol):
    """Makes an application that is closed after the test; settings are given as keywords."""

    def __call__(self, **changes: object) -> Flask:
        """The application."""


def happy(index: int, image: bytes) -> ItemResult:
    """An analysis that finds one happy face in every image."""
    scores = dict.fromkeys(EMOTIONS, 0.01) | {"Happy": 0.94}
    face = Face(
        box=Box(x=10, y=12, width=40, height=44),
        emotion="Happy",
        confidence=0.94321,
        scores=scores,
        detection_score=0.9,
    )
    return ItemResult(index=index, analysis=_analysis([face]))


def no_face(index: int, image: bytes) -> ItemResult:
    """An analysis that finds no face."""
    return ItemResult(index=index, analysis=_analysis([]))


def _analysis(faces: list[Face]) -> Analysis:
    return Analysis(width=64, height=64, faces=faces, detector="lite", model="classic-1", smallest_face_px=23)


class StandIn:
    """Takes messages from Celery's queues, claims the jobs that are next and finishes them with canned analyses."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.analyze: Analyze = happy
        self.seen: list[list[bytes]] = []
        self._redis = connect(url, name="stand-in")
        self._queue = JobQueue(self._redis, JobStore(self._redis, settings), settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._redis.close()

    def _work(self) -> None:
        while not self._stop.is_set():
            popped = self._redis.blpop(list(JOB_QUEUES), timeout=0.1)
            if popped:
                self._handle(popped[0].decode())

    def _handle(self, queue: str) -> None:
        owner = secrets.token_hex(4)
        while batch := self._queue.claim(queue, owner).jobs:
            done = list[Finished]()
            for claimed in batch:
                self.seen.append(claimed.images)
                items = [self.analyze(index, image) for index, image in enumerate(claimed.images)]
                done.append(Finished(claimed.job.id, items, None))
            self._queue.finish(owner, done)
            owner = secrets.token_hex(4)


def submit(client: FlaskClient, jpeg: bytes) -> str:
    """Submit a job of one image. Returns its id."""
    response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/v1/jobs/{response.get_json()['id']}"
    return str(response.get_json()["id"])


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def bearer(token: str) -> dict[str, str]:
    """The header that sends an API key."""
    return {"Authorization": f"Bearer {token}"}
