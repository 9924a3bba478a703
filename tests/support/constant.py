"""Constant requests from several clients, each answer with its times: what a change of a running system costs them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import requests

from support.pictures import astronaut_jpeg

CLIENTS = 3


class Answer(NamedTuple):
    """One request: when it began and ended, and what came back."""

    began: float
    ended: float
    status: int
    model: str | None
    faces: int


@contextmanager
def constant_requests(address: str) -> Iterator[list[Answer]]:
    """Post a photo again and again from several clients; the answers come into the list as they arrive."""
    photo = astronaut_jpeg()
    answers: list[Answer] = []
    enough = threading.Event()

    def post() -> None:
        with requests.Session() as session:
            while not enough.is_set():
                began = time.monotonic()
                headers = {"Content-Type": "image/jpeg"}
                answer = session.post(f"{address}/detect_emotion", data=photo, headers=headers, timeout=90)
                body = answer.json()
                faces = len(body.get("faces", []))
                answers.append(Answer(began, time.monotonic(), answer.status_code, body.get("model"), faces))

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients: list[Future[None]] = [pool.submit(post) for _ in range(CLIENTS)]
        try:
            yield answers
        finally:
            enough.set()
    for client in clients:
        client.result()
