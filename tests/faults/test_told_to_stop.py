"""Processes are told to stop (SIGTERM) under load: what they have begun is finished, and no client notices."""

import io
import signal
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from contracts.storage.heartbeat import HeartbeatStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import IMPATIENT, Measured, StartSystem
from support.pictures import astronaut_jpeg
from support.processes import Process, StartGateway, StartProcess
from support.stopping import held_by, started

IMAGES = 100
CLIENTS = 4
BETWEEN = 20
"""Jobs from one restart to the next."""


def archive() -> bytes:
    """Some seconds of work."""
    buffer, photo = io.BytesIO(), astronaut_jpeg(1024)
    with zipfile.ZipFile(buffer, "w") as file:
        for number in range(IMAGES):
            file.writestr(f"{number}.jpg", photo)
    return buffer.getvalue()


def stopped(process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


@pytest.mark.slow_fault
@pytest.mark.fault("Who is told to stop finishes what it has begun", "SIGTERM of a worker with a job of 100 images")
def test_a_worker_that_is_told_to_stop_finishes_its_job_of_a_hundred_images(
    broker: Broker, start_system: StartSystem, start_process: StartProcess, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    (worker,) = system.workers
    headers = {"Content-Type": "application/zip", "Prefer": "wait=60"}
    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(requests.post, f"{system.url}/v1/jobs", data=archive(), headers=headers, timeout=90)
        (job_id,) = wait_for(lambda: held_by(worker, system.redis), "the worker to have begun")
        told = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        for _ in range(BETWEEN):
            assert system.ledger.submit().status == 202, "another worker will come"
        assert worker.wait(timeout=60) == 0
        answer = client.result()
        recovered_s = time.monotonic() - told
    assert answer.status_code == 200
    job = answer.json()
    assert (job["id"], job["state"], job["attempts"]) == (job_id, "succeeded", 1)
    assert [len(item["result"]["faces"]) for item in job["items"]] == [1] * IMAGES
    requests.delete(f"{system.url}/v1/jobs/{job_id}", timeout=30).raise_for_status()
    system.workers[:] = [started(system, start_process, broker.url)]
    system.account.settle(30)
    measured({**system.check(), "images": IMAGES}, recovered_s)


@pytest.mark.slow_fault
@pytest.mark.fault("Who is told to stop finishes what it has begun", "SIGTERM of all gateways and workers, in turns")
def test_gateways_and_workers_restarted_in_turns_are_no_clients_error(
    broker: Broker,
    start_system: StartSystem,
    start_process: StartProcess,
    start_gateway: StartGateway,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    system = start_system(broker, workers=2)

    def some_more() -> None:
        enough = len(system.ledger.accepted) + BETWEEN
        wait_for(lambda: len(system.ledger.accepted) >= enough, "jobs in between")

    with system.ledger.load(CLIENTS):
        some_more()
        for worker in list(system.workers):
            stopped(worker)
            system.workers.remove(worker)
            system.workers.append(started(system, start_process, broker.url))
            some_more()
        for _ in range(2):
            gateway, port = start_gateway(**IMPATIENT, redis_url=broker.url)
            system.ledger.url = f"http://127.0.0.1:{port}"  # as a balancer of load does, before the old one is stopped
            stopped(system.gateway)
            system = system._replace(gateway=gateway, url=system.ledger.url)
            some_more()
    wait_for(lambda: len(HeartbeatStore(system.redis).live_workers()) == 2, "the old workers to be counted no more")
    recovered_s = system.account.settle(30)
    slowest = max(sent.seconds for sent in system.ledger.sent)
    count = system.check()
    assert count["accepted"] == len(system.ledger.sent), "no client was refused"
    measured({**count, "s for the slowest answer": round(slowest, 1)}, recovered_s)
