"""Redis cannot write its file: new jobs are refused, results can be read, and work goes on when there is room."""

from collections.abc import Callable

import pytest
import requests

from support.broker import Broker
from support.clocks import WaitFor
from support.disk import Disk
from support.faults import Measured, StartSystem, System

CLIENTS = 4
LEFT = 40_000
"""Bytes that the file may still grow."""
REFUSALS = 80
"""So often in a row clients are refused once the disk is full."""


def work_until_full(system: System, wait_for: WaitFor, fill: Callable[[], object]) -> None:
    """Fill the disk while clients submit, who go on; what is there already can be read."""
    finished = system.ledger.accepted[0]
    wait_for(lambda: len(system.ledger.accepted) > 60, "jobs to be accepted")
    fill()
    wait_for(
        lambda: {sent.status for sent in system.ledger.sent[-REFUSALS:]} == {503}, "the disk to be full, and refusals"
    )
    assert system.redis.info("persistence")["aof_last_write_status"] == "err"
    assert requests.get(f"{system.url}/v1/jobs/{finished}", timeout=30).json()["state"] == "succeeded"
    assert requests.get(f"{system.url}/metrics/system", timeout=30).status_code == 200
    ready = requests.get(f"{system.url}/healthz", timeout=30)
    assert ready.status_code == 503
    assert "its disk may be full" in ready.text


def fill_and_clear(
    system: System, wait_for: WaitFor, fill: Callable[[], object], clear: Callable[[], object]
) -> tuple[int, float]:
    """Fill the disk under load, and make room.

    Returns:
        How many connections more there were while it was full, and how long all took to end once there was room.
    """
    clients = system.redis.info("clients")["connected_clients"]
    with system.ledger.load(CLIENTS):
        work_until_full(system, wait_for, fill)
        grown = system.redis.info("clients")["connected_clients"] - clients
        clear()
        wait_for(lambda: system.ledger.sent[-1].status == 202, "a job to be accepted again")
    return grown, system.account.settle(30)


@pytest.mark.fault("A disk that is full costs nothing that was accepted, and results can be read", "disk full")
def test_accepted_jobs_outlast_a_full_disk(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, rate_limit="1000000/minute")
    grown, recovered_s = fill_and_clear(
        system, wait_for, lambda: broker.limit_files(broker.files[-1].stat().st_size + LEFT), broker.limit_files
    )
    assert grown < 10
    measured(system.check(), recovered_s)


@pytest.mark.slow_fault  # for want of loop devices elsewhere
@pytest.mark.fault(
    "A disk that is full costs nothing that was accepted, and results can be read", "a disk of its own is full"
)
def test_accepted_jobs_outlast_a_small_disk(
    disk: Disk, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    broker = Broker(disk.path / "broker")
    try:
        system = start_system(broker)
        grown, recovered_s = fill_and_clear(system, wait_for, lambda: disk.fill(LEFT), disk.clear)
        assert grown < 10
        measured(system.check(), recovered_s)
    finally:
        broker.close()


@pytest.mark.slow_fault
@pytest.mark.fault(
    "A Redis that is killed while its disk is full loses what met the full disk first, and no more",
    "disk full, kill -9",
)
def test_a_broker_killed_on_a_full_disk_loses_what_met_it_first(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    with system.ledger.load(CLIENTS):
        work_until_full(system, wait_for, lambda: broker.limit_files(broker.files[-1].stat().st_size + LEFT))
        full = len(system.ledger.sent)
        broker.kill()
        broker.start()
        wait_for(lambda: [sent for sent in system.ledger.sent[full:] if sent.status == 202], "work again")
    lost = [sent.job_id for sent in system.account.gone()]
    assert len(lost) <= CLIENTS, "one a client: they were answered together"
    recovered_s = system.account.settle(30, lost=lost)
    measured(system.check(lost=lost), recovered_s)
