"""The master of three servers dies, or is cut off: what was accepted with a promise is kept, whatever clocks say."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from contracts.storage.connections import connect
from support.clocks import wait_for
from support.faults import Measured, StartSystem, System
from support.programs import unavailable
from support.sentinels import Trio, parted, running

pytestmark = pytest.mark.slow_fault

BACK_S = 30
"""From the death of a master to a job that is accepted by another one, with Sentinels that miss it after 5 s."""


class Behind:
    """Servers behind Sentinels, as the one broker of a system."""

    def __init__(self, trio: Trio) -> None:
        self.trio, self.url = trio, trio.url

    def client(self) -> Redis:
        return connect(self.url, name="tests")


@pytest.fixture
def options() -> dict[str, Any]:
    return {}


@pytest.fixture
def behind(tmp_path: Path, options: dict[str, Any]) -> Iterator[Behind]:
    with running(Trio(tmp_path / "servers", **options)) as trio:
        yield Behind(trio)


@pytest.mark.fault(
    "After a failover work goes on within 30 s, and no job that a replica had is lost",
    "kill -9 of the master; the clocks of its replicas 5 s ahead, behind",
)
@pytest.mark.parametrize("options", [{"skew_s": 5.0}, {"skew_s": -5.0}, {}], ids=["ahead", "behind", "same"])
def test_a_killed_master_costs_no_job_that_a_replica_had(
    behind: Behind, start_system: StartSystem, measured: Measured
) -> None:
    system = start_system(behind, behind.url, durability="replicated")  # type: ignore[arg-type]
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 60, "jobs to be accepted")
        behind.trio.master.kill()
        killed_at, before = time.time(), len(system.ledger.accepted)
        back_s = _accepted_again(system, killed_at)
        wait_for(lambda: len(system.ledger.accepted) > before + 30, "more of them")
    recovered_s = system.account.settle(60)
    measured({**_checked(system), "s until accepted again": round(back_s, 1)}, recovered_s)
    assert back_s < BACK_S


@pytest.mark.fault(
    "A master that is cut off promises nothing that it cannot keep", "cut off for 15 s from all but its clients"
)
@pytest.mark.parametrize("options", [{"spread": True}])
def test_a_master_that_is_cut_off_accepts_nothing_that_is_lost(
    behind: Behind, start_system: StartSystem, measured: Measured
) -> None:
    system, trio = start_system(behind, behind.url, durability="replicated"), behind.trio  # type: ignore[arg-type]
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 60, "jobs to be accepted")
        try:
            with parted(trio):
                time.sleep(15)  # the fault itself
        except (OSError, subprocess.CalledProcessError) as error:
            unavailable("A partition by nft", f"Run this test as root, on Linux: {error}")
        wait_for(lambda: trio.followers() == len(trio.servers) - 1, "the old master to follow")
        _accepted_again(system, time.time())
    recovered_s = system.account.settle(60)
    measured(_checked(system), recovered_s)


def _accepted_again(system: System, since: float) -> float:
    """Seconds until a job is accepted that was sent since then."""

    def later() -> list[float]:
        return [sent.at for sent in list(system.ledger.sent) if sent.status == 202 and sent.at - sent.seconds > since]

    return wait_for(later, "a job to be accepted", 60)[0] - since


def _checked(system: System) -> dict[str, int]:
    """Of idempotency keys of jobs that were lost with the old master nothing is promised."""
    counted = system.check()
    assert counted["succeeded"] == counted["accepted"]
    return dict(counted)
