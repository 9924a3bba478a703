"""Another network on a running system: workers are restarted one by one, and no client notices."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import requests

from support.faults import Measured
from support.pictures import astronaut_jpeg

CLIENTS = 3
PATIENT = {"sync_timeout_s": 60}
"""A request whose message a restart loses is answered all the same, when the reconciler has sent another; that a
worker which stops gives messages back is held by test_workers.py."""


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


@pytest.mark.fault("A restart of one worker after the other is no client's error", "SIGTERM of each of 2 under load")
def test_workers_restarted_one_by_one_answer_with_the_new_network_and_fail_no_request(
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., Any],
    measured: Measured,
    wait_for: Callable[..., Any],
) -> None:
    _, port = start_gateway(**PATIENT)
    old = start_workers(2, model="classic-1", **PATIENT)
    with constant_requests(f"http://127.0.0.1:{port}") as answers:

        def several_more(since: float) -> Callable[[], bool]:
            return lambda: sum(answer.began > since for answer in answers[:]) >= 20

        wait_for(several_more(0), "answers before the change")
        changed = time.monotonic()
        for worker in old:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=60) == 0
            start_workers(model="mien-2", **PATIENT)
            renewed = time.monotonic()
            wait_for(several_more(renewed), "answers in between")

    assert {(answer.status, answer.faces) for answer in answers} == {(200, 1)}
    assert {answer.model for answer in answers if answer.ended < changed} == {"classic-1"}
    assert {answer.model for answer in answers if answer.began > renewed} == {"mien-2"}
    assert {answer.model for answer in answers} == {"classic-1", "mien-2"}
    assert any(changed < answer.began and answer.ended < renewed for answer in answers), "there was no gap"
    measured(
        {"accepted": len(answers), "succeeded": len(answers)}, max(answer.ended - answer.began for answer in answers)
    )
