"""Redis is killed, or its file loses its end: what is older starts again, and what was lost is told honestly."""

import time
from collections.abc import Callable, Sequence

import pytest

from support.broker import Broker
from support.clocks import WaitFor
from support.disk import Disk
from support.faults import Measured, StartSystem, System
from support.ledger import Sent
from support.on_disk import watch_disk

TORN_BYTES = 3_000
ACCEPTED = 60
"""Before the fault."""
LATE_S = 0.7
"""After the last sync, which is when most is lost but for the next one."""
SYNCED_S = 2.0
"""What is older is on the disk: Redis syncs its file each second, and answers for as long again while a sync lasts."""


def kill_under_load(
    system: System,
    broker: Broker,
    wait_for: WaitFor,
    damage: Callable[[], object] = lambda: None,
    when: Callable[[], bool] = lambda: True,
    power: Disk | None = None,
) -> tuple[float, float]:
    """Kill the broker and start it again while clients submit.

    Args:
        system: that works with it.
        broker: the server.
        wait_for: polls.
        damage: is done to its file meanwhile.
        when: it is killed.
        power: its disk, whose power is cut.

    Returns:
        When it was killed, in seconds since 1970, and after how many seconds of its start a job was accepted again.
    """
    with system.ledger.load(4):
        before = len(system.ledger.accepted)
        wait_for(lambda: len(system.ledger.accepted) > before + ACCEPTED, "jobs to be accepted")
        wait_for(when, "the moment to kill")
        if power is not None:
            broker.freeze()  # all of its threads: nothing is answered any more, and nothing synced
            power.photograph()
        broker.kill()
        killed = time.time()
        wait_for(lambda: system.ledger.refused, "a refusal while Redis is away")
        damage()
        broker.start()
        began = time.monotonic()
        wait_for(lambda: [sent for sent in system.ledger.sent if sent.status == 202 and sent.at > killed], "work again")
        return killed, time.monotonic() - began


@pytest.mark.fault("A Redis that is killed costs nothing that is older than a second", "kill -9 under load")
def test_a_killed_broker_costs_no_job(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    killed, _ = kill_under_load(system, broker, wait_for)
    lost = system.account.gone()
    assert all(killed - 1 < sent.at for sent in lost), "every job older than a second is there"
    recovered_s = system.account.settle(30, lost=[sent.job_id for sent in lost])
    measured(system.check(lost=[sent.job_id for sent in lost]), recovered_s)


@pytest.mark.fault("A power cut costs the newest jobs only, which are told as gone", "kill -9, the file's end is torn")
def test_a_torn_file_costs_only_what_was_written_last(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    def tear() -> None:
        with broker.files[-1].open("r+b") as file:
            file.truncate(broker.files[-1].stat().st_size - TORN_BYTES)

    system = start_system(broker)
    killed, recovered_s = kill_under_load(system, broker, wait_for, tear)
    assert "Truncating the AOF" in broker.log.read_text(errors="replace"), "it says that something is missing"
    lost = system.account.gone()
    assert all(killed - 1 < sent.at < killed + 0.1 for sent in lost), "only of the last second"
    system.account.settle(60, lost=[sent.job_id for sent in lost])
    measured(system.check(lost=[sent.job_id for sent in lost]), recovered_s)


@pytest.mark.fault(
    "A power cut costs the newest jobs only, which are told as gone", "kill -9, the file as it was at its last sync"
)
def test_a_power_cut_costs_what_was_accepted_after_the_last_sync(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    with watch_disk(broker.pid, broker.files[-1]) as disk:
        killed, recovered_s = kill_under_load(
            system, broker, wait_for, disk.cut, lambda: disk.syncs > 1 and disk.unsynced_s > LATE_S
        )
    lost = system.account.gone()
    assert lost
    assert all(killed - SYNCED_S < sent.at < killed + 0.1 for sent in lost), "only of the time since the last sync"
    system.account.settle(60, lost=[sent.job_id for sent in lost])
    measured(system.check(lost=[sent.job_id for sent in lost]), recovered_s)


def cut_power(
    disk: Disk, start: Callable[[Broker], System], measured: Measured, wait_for: WaitFor, appendfsync: str
) -> Sequence[Sent]:
    """Cut the power of a broker under load, and count; gives what was lost."""
    broker = Broker(disk.path / "broker", appendfsync=appendfsync)
    try:
        system = start(broker)
        disk.sync()
        some_are_old = time.monotonic() + SYNCED_S + 1
        killed, recovered_s = kill_under_load(
            system, broker, wait_for, disk.come_back, lambda: time.monotonic() > some_are_old, disk
        )
        lost = system.account.gone()
        assert all(killed - SYNCED_S < sent.at < killed + 0.1 for sent in lost), "only of the time since the last sync"
        system.account.settle(60, lost=[sent.job_id for sent in lost])
        measured(system.check(lost=[sent.job_id for sent in lost]), recovered_s)
        return lost
    finally:
        broker.close()


@pytest.mark.slow_fault  # for want of loop devices elsewhere
@pytest.mark.fault(
    "A power cut costs the newest jobs only, which are told as gone", "the disk as it was, `appendfsync everysec`"
)
def test_a_disk_without_power_costs_what_was_accepted_after_the_last_sync(
    disk: Disk, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    cut_power(disk, start_system, measured, wait_for, "everysec")


@pytest.mark.slow_fault  # as above
@pytest.mark.fault("With `appendfsync always` a power cut costs nothing", "the disk as it was")
def test_a_disk_without_power_costs_nothing_if_each_answer_waits_for_it(
    disk: Disk, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    assert cut_power(disk, start_system, measured, wait_for, "always") == []
