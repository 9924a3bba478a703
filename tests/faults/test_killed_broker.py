"""Redis is killed, and its file loses its end: what is older starts again, and what was lost is told honestly."""

import time

import pytest

from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem

TORN_BYTES = 3_000


@pytest.mark.fault("A power cut costs the newest jobs only, which are told as gone", "kill -9, the file's end is torn")
def test_a_torn_file_costs_only_what_was_written_last(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 60, "jobs to be accepted")
        broker.kill()
        killed = time.time()
        wait_for(lambda: system.ledger.refused, "a refusal while Redis is away")
        size = broker.files[-1].stat().st_size
        with broker.files[-1].open("r+b") as file:
            file.truncate(size - TORN_BYTES)
        broker.start()
        began = time.monotonic()
        wait_for(lambda: [sent for sent in system.ledger.sent if sent.status == 202 and sent.at > killed], "work again")
        recovered_s = time.monotonic() - began
    lost = [sent for sent in system.ledger.sent if sent.status == 202 and system.account.job(sent.job_id) is None]
    assert all(killed - 1 < sent.at < killed + 0.1 for sent in lost), "only of the last second"
    system.account.settle(60, lost=[sent.job_id for sent in lost])
    count = system.check(lost=[sent.job_id for sent in lost])
    measured(count, recovered_s)
