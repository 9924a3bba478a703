"""Another network on a running system: workers are restarted one by one, and no client notices."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.constant import constant_requests
from support.faults import Measured

PATIENT = {"sync_timeout_s": 60}
"""A request whose message a restart loses is answered all the same, when the reconciler has sent another; that a
worker which stops gives messages back is held by test_workers.py."""


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
