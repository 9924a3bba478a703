"""Answers of Redis that are lost after the step was taken: it is asked again, and nothing happens twice."""

import time

import pytest

from contracts.storage.scripts import load_script
from support.broker import Broker
from support.faults import Measured, StartSystem, System
from support.redis_proxy import RedisProxy

SENT, LOST = 24, 6
BOUND_S = 30.0
"""By which each request is answered in bad weather: about ten questions to Redis, of which some are asked again."""


@pytest.mark.fault("A step counts once, however often it is asked for", "6 answers in a row are lost")
@pytest.mark.parametrize("step", ["create", "claim_next", "finish"])
def test_a_step_whose_answer_is_lost_counts_once(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured, step: str
) -> None:
    system = start_system(broker, proxy.url)
    before = len(system.ledger.sent)
    proxy.lose_answers(load_script(system.redis, step).sha.encode(), LOST)
    for _ in range(SENT):
        system.ledger.submit()
    recovered_s = system.account.settle(30)
    count = system.check()
    assert proxy.lost == LOST
    # The driver asks three times: of the two requests that were never answered, the clients are told the ids.
    assert count["uncertain"] == (LOST // 3 if step == "create" else 0)
    assert count["accepted"] + count["uncertain"] == before + SENT
    measured(count, recovered_s)


def stormy(system: System, proxy: RedisProxy, clients: int, seconds: float) -> None:
    proxy.delay_s, proxy.reset_share = 0.2, 0.05
    with system.ledger.load(clients):
        time.sleep(seconds)  # how long the weather lasts; nothing is waited for
    proxy.delay_s = proxy.reset_share = 0.0


@pytest.mark.fault("Nothing accepted is lost, no id is given twice", "200 ms of delay, 5 % of requests reset, for 6 s")
def test_bad_connections_lose_and_double_nothing(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured
) -> None:
    system = start_system(broker, proxy.url, workers=2)
    stormy(system, proxy, 6, 6)
    recovered_s = system.account.settle(60)
    assert proxy.resets > 5
    measured(system.check(), recovered_s)


@pytest.mark.slow_fault
@pytest.mark.timeout(600)
@pytest.mark.fault("Nothing accepted is lost, no id is given twice", "the same for 5 minutes")
def test_bad_connections_for_long_lose_and_double_nothing(
    broker: Broker, proxy: RedisProxy, start_system: StartSystem, measured: Measured
) -> None:
    system = start_system(broker, proxy.url, workers=2)
    stormy(system, proxy, 16, 300)
    recovered_s = system.account.settle(60)
    slowest = max(sent.seconds for sent in system.ledger.sent)
    assert slowest < BOUND_S
    measured({**system.check(), "s for the slowest answer": round(slowest, 1)}, recovered_s)
