"""What a user would write by hand, and the least that each part could do: served by `benchmarks.floors`.

Not part of Mien: no limits, no checks, no durability.
"""

import os

import cv2
from celery import Celery
from flask import Flask, Response, jsonify, request
from redis import Redis

from models import load_analyzer

ANSWERS = "floor:answers"
"""The list to which the empty task pushes, and from which its caller takes."""


def page() -> Flask:
    """A page that analyses the photo itself."""
    cv2.setNumThreads(1)
    analyzer = load_analyzer()
    analyzer.warm_up()
    app = Flask("page")

    @app.post("/detect_emotion")
    def detect() -> Response:
        analysis = analyzer.analyze_image(request.get_data())
        return jsonify(analysis.model_dump(mode="json"))

    return app


def constant() -> Flask:
    """A page that reads the photo and answers always the same."""
    app = Flask("constant")

    @app.post("/detect_emotion")
    def detect() -> Response:
        return jsonify(bytes=len(request.get_data()), faces=[])

    return app


def celery() -> Celery:
    """A worker whose task does nothing but tell that it has run."""
    url = os.environ["FLOOR_REDIS_URL"]
    app, redis = Celery("floor", broker=url), Redis.from_url(url)
    app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)

    @app.task(name="empty")  # type: ignore[untyped-decorator]
    def _empty() -> None:
        redis.lpush(ANSWERS, b"")

    return app
