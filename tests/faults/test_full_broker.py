"""Redis is full: what was accepted ends while it stays full, new jobs are refused, and it recovers by itself."""

import signal

import pytest
import requests

from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.room import FOR_NEW_JOBS, read_room
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import IMPATIENT, Measured, StartSystem, System
from support.gateway import zipped
from support.processes import StartProcess

ROOM = 30_000_000
"""Bytes that the broker has for all of it, beside what it needs itself."""
REFUSALS = 80
"""So often in a row clients are refused once it stays full."""


WAITING = 20
"""Jobs that wait for a worker."""


def fill_with(system: System, size: int) -> None:
    """Let something else take that much of Redis, up to its limit."""
    for number in range(size // 10_000):
        system.redis.set(f"other:{number}", bytes(10_000))


def refused(system: System) -> bool:
    return system.ledger.submit().status == 503


@pytest.mark.fault("Everything accepted ends while Redis stays full", "memory full for good")
def test_accepted_jobs_end_while_the_broker_stays_full(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    clients = system.redis.info("clients")["connected_clients"]
    limit = read_room(system.redis).used_bytes + ROOM
    system.redis.config_set("maxmemory", limit)
    fill_with(system, int(ROOM - 0.11 * limit))  # of the part that is for jobs a little is left
    with system.ledger.load(4):
        wait_for(lambda: system.ledger.refused[503], "a refusal")
        wait_for(
            lambda: {sent.status for sent in system.ledger.sent[-REFUSALS:]} == {503},
            "the broker to be full also when jobs have ended, while clients go on asking",
        )
        system.redis.set("other:more", bytes(300_000))  # what clients' connections take is free when they have gone
    recovered_s = system.account.settle(30)
    assert read_room(system.redis).full
    assert refused(system)
    assert system.redis.info("clients")["connected_clients"] < clients + 10
    system.redis.config_set("maxmemory", 2 * limit)
    wait_for(lambda: not refused(system), "a job to be accepted again")
    system.account.settle(30)
    measured(system.check(), recovered_s)


@pytest.mark.fault("Everything accepted ends while Redis stays full", "memory at its limit while a worker starts")
@pytest.mark.parametrize("anew", [False, True], ids=["starts", "connects anew"])
def test_a_worker_that_starts_while_the_broker_is_full_takes_work(
    broker: Broker, start_system: StartSystem, start_process: StartProcess, measured: Measured, anew: bool
) -> None:
    system = start_system(broker)
    clients = system.redis.info("clients")["connected_clients"]
    (worker,) = system.workers
    worker.send_signal(signal.SIGSTOP)
    for _ in range(WAITING):
        assert system.ledger.submit().status == 202
    system.redis.config_set("maxmemory", read_room(system.redis).used_bytes // 2)
    if anew:
        system.redis.client_kill_filter(_type="normal", skipme=True)
        worker.send_signal(signal.SIGCONT)
    else:
        system.workers.append(start_process("workers", redis_url=broker.url, **IMPATIENT))
    recovered_s = system.account.settle(60)
    worker.send_signal(signal.SIGCONT)
    assert refused(system)
    assert requests.get(f"{system.url}/metrics/system", timeout=30).status_code == 200
    assert {report.pid for report in HeartbeatStore(system.redis).live_workers()} >= {system.workers[-1].pid}
    assert system.redis.info("clients")["connected_clients"] < clients * len(system.workers) + 10
    measured(system.check(), recovered_s)


def leave_room(system: System, size: int) -> None:
    """Limit Redis' memory so that so many bytes of it are left for new jobs, and for what becomes of them."""
    system.redis.config_set("maxmemory", int((read_room(system.redis).used_bytes + size) / FOR_NEW_JOBS))


def load_until_full(system: System, wait_for: WaitFor) -> None:
    with system.ledger.load(4):
        wait_for(
            lambda: {sent.status for sent in system.ledger.sent[-REFUSALS:]} == {503},
            "the broker to be full, while clients go on asking",
        )


@pytest.mark.fault("Everything accepted ends while Redis stays full", "memory full of results and idempotency keys")
def test_results_and_keys_are_kept_and_new_jobs_are_refused_until_there_is_room(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    clients = system.redis.info("clients")["connected_clients"]
    leave_room(system, 250_000)
    load_until_full(system, wait_for)
    recovered_s = system.account.settle(30)
    assert read_room(system.redis).full
    assert system.redis.info("clients")["connected_clients"] < clients + 10
    count = system.check()
    for job_id in system.ledger.accepted:
        assert requests.delete(f"{system.url}/v1/jobs/{job_id}", timeout=30).status_code == 204
    wait_for(lambda: not refused(system), "a job to be accepted again")
    measured(count, recovered_s)


@pytest.mark.slow_fault
@pytest.mark.fault("Everything accepted ends while Redis stays full", "memory full of images that wait")
def test_images_that_fill_the_broker_are_analysed_and_leave_room(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, max_interactive_wait_s=600, client_share=1)
    (worker,) = system.workers
    worker.send_signal(signal.SIGSTOP)
    clients = system.redis.info("clients")["connected_clients"]
    leave_room(system, 3_000_000)
    load_until_full(system, wait_for)
    assert read_room(system.redis).full
    worker.send_signal(signal.SIGCONT)
    recovered_s = system.account.settle(60)
    wait_for(lambda: not refused(system), "a job to be accepted again")
    system.account.settle(30)
    assert system.redis.info("clients")["connected_clients"] < clients + 10
    measured(system.check(), recovered_s)


@pytest.mark.fault("A refusal leaves nothing behind", "an archive of 3 MB meets the limit of the memory halfway")
def test_an_archive_that_does_not_fit_leaves_nothing(
    broker: Broker, start_system: StartSystem, photos: list[bytes], measured: Measured
) -> None:
    system = start_system(broker)
    filler = b"\xff\xfe\xff\xff" + bytes(65_533)  # a comment in a JPEG, which makes it large, and changes nothing else
    large = photos[0][:2] + 3 * filler + photos[0][2:]
    archive = zipped({f"{number}.jpg": large for number in range(15)})
    system.redis.config_set("maxmemory", read_room(system.redis).used_bytes + 2_000_000)
    sent = system.ledger.submit(body=archive, content_type="application/zip", priority="bulk")
    assert (sent.status, sent.job_id) == (503, "")
    recovered_s = system.account.settle(5)
    measured(system.check(), recovered_s)
