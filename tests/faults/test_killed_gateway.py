"""Gateways are killed while they store jobs, and while clients wait: who asks again with its key gets its one job."""

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests

from contracts.storage import keys
from contracts.storage.scripts import load_script
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import IMPATIENT, Finished, Measured, StartSystem, System
from support.processes import Process, StartGateway
from support.redis_proxy import RedisProxy

CLIENTS = 50
STORING_S = 10.0
"""So long a gateway that claimed a key may take to store its job before another does."""
AGAIN_S = {"stored": IMPATIENT["requeue_after_s"] + 3, "claimed": STORING_S + 3}


def kill(gateway: Process) -> None:
    """All its processes, at once."""
    for process in (*psutil.Process(gateway.pid).children(recursive=True), gateway):
        process.kill()
    gateway.wait()


def replace(system: System, gateway: tuple[Process, int]) -> System:
    """The system with another gateway, which its clients go to from now on."""
    process, port = gateway
    system.ledger.url = f"http://127.0.0.1:{port}"
    return system._replace(gateway=process, url=system.ledger.url)


@pytest.mark.slow_fault
@pytest.mark.fault("A client that sends again, with its key, gets its one job", "kill -9 of the gateway that stores it")
@pytest.mark.parametrize("point", AGAIN_S)
def test_a_client_whose_gateway_died_while_it_stored_gets_its_one_job(
    broker: Broker,
    proxy: RedisProxy,
    start_system: StartSystem,
    start_gateway: StartGateway,
    finished: Finished,
    measured: Measured,
    wait_for: WaitFor,
    point: str,
) -> None:
    system = start_system(broker, proxy.url)
    create = load_script(system.redis, "create").sha.encode()
    hold = proxy.hold_answer_to(create) if point == "stored" else proxy.hold_request(create)
    other = start_gateway(**IMPATIENT, redis_url=broker.url)
    turn, before = system.ledger.next_turn(), len(system.ledger.accepted)
    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(system.ledger.submit, turn=turn)
        wait_for(hold.reached.is_set, "the gateway to store the job")
        kill(system.gateway)
        hold.release()
        assert isinstance(client.exception(30), requests.ConnectionError)
    killed = time.monotonic()
    system = replace(system, other)
    sent = system.ledger.submit(turn=turn, prefer="wait=30")
    recovered_s = time.monotonic() - killed
    assert sent.status == 200
    system.account.settle(30)
    count = system.check()
    assert count["accepted"] == before + 1
    assert finished() == Counter(system.ledger.accepted), "one analysis each"
    assert recovered_s < AGAIN_S[point]
    measured(count, recovered_s)


@pytest.mark.slow_fault
@pytest.mark.fault("A client that sends again, with its key, gets its one job", "kill -9 of it while 50 clients wait")
def test_clients_whose_gateway_died_while_they_waited_get_their_one_job_each(
    broker: Broker,
    start_system: StartSystem,
    start_gateway: StartGateway,
    finished: Finished,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    everyone = {**IMPATIENT, "client_share": 1, "max_interactive_wait_s": 60}  # all clients come from one address
    system = start_system(broker, **everyone)
    other = start_gateway(**everyone, redis_url=broker.url)
    turns = [system.ledger.next_turn() for _ in range(CLIENTS)]
    before = len(system.ledger.accepted)
    (worker,) = system.workers
    worker.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(system.ledger.submit, turn=turn, prefer="wait=30") for turn in turns]
        wait_for(lambda: system.redis.zcard(keys.OPEN_JOBS) == CLIENTS, "all clients to wait")
        kill(system.gateway)
        killed = time.monotonic()
        worker.send_signal(signal.SIGCONT)
        assert {type(client.exception(30)) for client in clients} == {requests.ConnectionError}
        system = replace(system, other)
        again = [pool.submit(system.ledger.submit, turn=turn, prefer="wait=30") for turn in turns]
        assert Counter(client.result().status for client in again) == {200: CLIENTS}
    recovered_s = time.monotonic() - killed
    system.account.settle(30)
    count = system.check()
    assert count["accepted"] == before + CLIENTS
    assert finished() == Counter(system.ledger.accepted), "one analysis each"
    assert recovered_s < 30
    measured(count, recovered_s)
