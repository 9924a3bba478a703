"""A worker that is alive, reports, and is never told of any work: it is not ready, says so, and connects anew."""

import time

import pytest
import requests

from contracts.storage.heartbeat import REPORT_EVERY_S, UNTAKEN_AFTER_S
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem
from support.redis_proxy import RedisProxy

JOBS = 10
BOUND_S = UNTAKEN_AFTER_S + 2 * REPORT_EVERY_S + 10
"""Until work has waited for long enough, the worker's next look after that, and the work."""


@pytest.mark.slow_fault
@pytest.mark.fault(
    "A worker that takes nothing, while work waits, is not ready, and connects anew", "it is told of no message"
)
def test_an_idle_worker_beside_waiting_work_is_told_and_connects_anew(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, proxy.url)
    proxy.starve(b"BRPOP")
    wait_for(lambda: proxy.starved, "the worker to be told of nothing")
    began = time.monotonic()
    for _ in range(JOBS):
        system.ledger.submit()
    assert requests.get(f"{system.url}/healthz", timeout=30).ok, "work may wait for a moment"
    told = wait_for(lambda: not_ready(system.url), "readiness to see it", BOUND_S)
    assert "bulk" in told["checks"]["workers"]
    system.account.settle(BOUND_S)
    recovered_s = time.monotonic() - began
    assert recovered_s < BOUND_S
    wait_for(lambda: not not_ready(system.url), "it to be ready again", 3 * REPORT_EVERY_S)
    assert proxy.starved >= UNTAKEN_AFTER_S / 2, "the connection was sound all the time"
    measured(system.check(), recovered_s)


def not_ready(url: str) -> dict[str, dict[str, str]]:
    answer = requests.get(f"{url}/healthz", timeout=30)
    return {} if answer.ok else answer.json()
