"""Somebody empties Redis while work is under way: what was there is gone, and told as gone; everything else goes on."""

import time

import pytest
import requests

from contracts.storage.heartbeat import HeartbeatStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem
from support.processes import StartProcess


@pytest.mark.fault("What Redis has lost is told as gone, and work goes on", "FLUSHALL under load")
def test_after_flushall_what_was_there_is_told_as_gone_and_work_goes_on(
    broker: Broker, start_system: StartSystem, start_process: StartProcess, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, workers=2)
    start_process("capture", redis_url=broker.url, camera="hall", camera_source="demo")
    camera = lambda: requests.get(f"{system.url}/emotion_data?camera=hall", timeout=10).json()  # noqa: E731
    wait_for(lambda: camera().get("state") == "live", "the camera to be live")
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 60, "jobs to be accepted")
        told_before = set(system.ledger.accepted)
        system.redis.flushall()
        flushed_at = time.time()
        later = lambda: [sent for sent in system.ledger.sent if sent.at > flushed_at + 1]  # noqa: E731
        wait_for(lambda: len(later()) > 40, "jobs to be accepted again")
    lost = [job_id for job_id in system.ledger.accepted if system.account.job(job_id) is None]
    recovered_s = system.account.settle(30, lost=lost)
    assert told_before <= set(lost), "the rest are those that were on their way"
    assert {sent.status for sent in later()} == {202}
    assert {sent.job_id for sent in later()}.isdisjoint(lost)
    answer = requests.get(f"{system.url}/v1/jobs/{min(told_before)}", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (410, "job_gone")
    assert "loses its data" in answer.json()["detail"]
    wait_for(lambda: len(HeartbeatStore(system.redis).live_workers()) == 2, "both workers to be known again", 10)
    assert requests.get(f"{system.url}/healthz", timeout=10).status_code == 200
    seen = camera()["sequence"]
    wait_for(lambda: (found := camera())["state"] == "live" and found["sequence"] > seen, "the camera to go on", 10)
    measured(system.check(lost=lost), recovered_s)
