"""Redis refuses all writes for a while, as when it cannot write its file: workers wait for it, and say so in a line."""

import time

import pytest

from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem

REFUSED_S = 8
MOST_LINES = 40
"""Of a worker's log: each part of it says once that it could not write; there were 450."""


@pytest.mark.slow_fault
@pytest.mark.fault("While Redis refuses writes, workers wait and keep their connections", "writes refused for 8 s")
def test_workers_wait_for_a_broker_that_refuses_writes(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    log = system.logs / "workers-0.log"
    connections = system.redis.info("stats")["total_connections_received"]
    before = len(log.read_text().splitlines())
    system.redis.config_set("min-replicas-to-write", 1)  # while its threads are free: it asks for messages
    with system.ledger.load(4):
        refused_until = time.monotonic() + REFUSED_S
        wait_for(lambda: system.ledger.refused[503] and time.monotonic() > refused_until, "a while without writes")
        assert system.redis.info("stats")["total_connections_received"] < connections + 10
        system.redis.config_set("min-replicas-to-write", 0)
        again = time.time()
        wait_for(lambda: [sent for sent in system.ledger.sent if sent.status == 202 and sent.at > again], "work again")
    recovered_s = system.account.settle(30)
    lines = len(log.read_text().splitlines()) - before
    assert lines < MOST_LINES
    measured({**system.check(), "lines in the worker's log": lines}, recovered_s)
