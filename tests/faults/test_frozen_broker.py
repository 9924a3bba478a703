"""Redis is frozen: connections stay open, nothing is answered. The gateway says so soon, and work goes on at once."""

import time

import pytest
import requests

from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem, System

PROBE_S, BOUND_S = 2.5, 6.0
"""`/healthz` and the scrape of the system, and any request, have answered by then, also on a busy machine."""
AGAIN_S = 2.0
"""So long after the thaw a job that was accepted since has been analysed."""


def freeze(system: System, broker: Broker, seconds: float) -> None:
    end = time.monotonic() + seconds
    broker.freeze()
    try:
        while time.monotonic() < end:
            for path in ("/healthz", "/livez", "/metrics/system"):
                began = time.monotonic()
                answer = requests.get(system.url + path, timeout=30)
                assert time.monotonic() - began < PROBE_S, path
                assert (answer.status_code == 503) == (path == "/healthz")
                assert path != "/metrics/system" or 'mien_redis_up{server="broker"} 0.0' in answer.text
            time.sleep(0.2)  # as often as a hasty probe asks; nothing is waited for
    finally:
        broker.thaw()


@pytest.mark.fault("While Redis hangs, probes and clients are answered in time", "frozen for 8 s under load")
def test_a_frozen_broker_is_told_and_nothing_is_lost(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, lease_s=15, requeue_after_s=20)
    run(system, broker, 8, measured, wait_for)


@pytest.mark.slow_fault
@pytest.mark.fault("While Redis hangs, probes and clients are answered in time", "frozen for 20 s under load")
def test_a_broker_that_is_frozen_for_long_is_told_and_nothing_is_lost(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, lease_s=15, requeue_after_s=20)
    run(system, broker, 20, measured, wait_for)


def analysed_since(system: System, thawed: float) -> bool:
    later = (sent for sent in list(system.ledger.sent) if sent.status == 202 and sent.at > thawed)
    return any(job.state.final for sent in later if (job := system.account.job(sent.job_id)))


def run(system: System, broker: Broker, seconds: float, measured: Measured, wait_for: WaitFor) -> None:
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 20, "jobs to be accepted")
        freeze(system, broker, seconds)
        thawed = time.time()
        wait_for(lambda: analysed_since(system, thawed), "work again")
        recovered_s = time.time() - thawed
    slowest = max(sent.seconds for sent in system.ledger.sent)
    print(f"slowest answer {slowest:.1f} s, work again after {recovered_s:.1f} s")
    assert slowest < BOUND_S
    assert recovered_s < AGAIN_S
    system.account.settle(60)
    measured({**system.check(), "s for the slowest answer": round(slowest, 1)}, recovered_s)
