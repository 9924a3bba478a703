"""Connections to Redis are cut again and again: every job ends, and no process keeps what belonged to a connection."""

import time

import psutil
import pytest

from support.broker import Broker
from support.clocks import wait_for
from support.faults import Measured, StartSystem, System
from support.redis_proxy import RedisProxy

EVERY_S = 0.25
WARM_UP = 300
"""Jobs by which all connections have been used."""
MORE = 4
"""Descriptors that a process may have more afterwards than before: what it opens at first need."""


@pytest.mark.fault(
    "Nothing accepted is lost, and no connection leaks", "all connections cut four times a second for 3 s"
)
def test_connections_that_are_cut_again_and_again_lose_and_leak_nothing(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured
) -> None:
    run(start_system(broker, proxy.url, workers=2), proxy, 3, measured)


@pytest.mark.slow_fault
@pytest.mark.fault("Nothing accepted is lost, and no connection leaks", "the same for a minute")
def test_connections_that_are_cut_for_long_lose_and_leak_nothing(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured
) -> None:
    run(start_system(broker, proxy.url, workers=2), proxy, 60, measured)


def run(system: System, proxy: RedisProxy, seconds: float, measured: Measured) -> None:
    use_connections(system)  # so that each process has opened what it needs
    before = descriptors(system)
    cuts = 0
    with system.ledger.load(4):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(EVERY_S)  # the fault itself
            proxy.cut()
            cuts += 1
    recovered_s = system.account.settle(60)
    use_connections(system)  # as before: pools close what they lost when they are asked for it
    leaked = {name: (before[name], now) for name, now in descriptors(system).items() if now > before[name] + MORE}
    assert leaked == {}
    measured({**system.check(), "times cut": cuts}, recovered_s)


def use_connections(system: System) -> None:
    """Have some jobs analysed."""
    goal = len(system.ledger.accepted) + WARM_UP
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > goal, f"{WARM_UP} jobs to be accepted")
    system.account.settle(30)


def descriptors(system: System) -> dict[str, int]:
    """How many each process of the system has open: gunicorn's and its child's, the workers'."""
    family = [psutil.Process(system.gateway.pid), *psutil.Process(system.gateway.pid).children()]
    gateway = {f"gateway {process.pid}": process.num_fds() for process in family}
    return gateway | {f"worker {worker.pid}": psutil.Process(worker.pid).num_fds() for worker in system.workers}
