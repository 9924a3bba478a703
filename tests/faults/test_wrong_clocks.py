"""Hosts whose clocks are an hour off: leases, deadlines, heartbeats and webhooks go by the clock of Redis."""

import time
from collections.abc import Callable

import pytest
import requests
from standardwebhooks import Webhook

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.webhooks import WebhookStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem, System
from support.pictures import heavy_archive, portrait_jpeg
from support.receiver import Receiver
from support.stopping import standing

HOUR_S = 3_600
DEADLINE_S = 2
LATE_S = 1.0
"""How much later than its deadline a job may be told as expired."""
LEASE_S = 2


@pytest.mark.fault("No clock of a host ends a job, a worker or a deadline", "gateway an hour ahead, workers one behind")
def test_wrong_clocks_of_hosts_change_nothing(
    broker: Broker, start_system: StartSystem, receiver: Receiver, measured: Measured, wait_for: WaitFor
) -> None:
    off = {"api": HOUR_S, "workers": -HOUR_S}
    system = start_system(broker, workers=2, clocks_off_s=off, lease_s=LEASE_S, webhook_networks="127.0.0.0/8")
    work(system, measured, wait_for)
    tell(system, receiver, wait_for)


@pytest.mark.slow_fault
@pytest.mark.fault("No clock of a host ends a job, a worker or a deadline", "one of the hosts an hour ahead or behind")
@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S])
@pytest.mark.parametrize("host", ["api", "workers", "redis"])
def test_the_wrong_clock_of_one_host_changes_nothing(
    start_broker: Callable[..., Broker],
    start_system: StartSystem,
    measured: Measured,
    wait_for: WaitFor,
    host: str,
    off_s: int,
) -> None:
    broker = start_broker(off_s if host == "redis" else 0)
    work(start_system(broker, workers=2, clocks_off_s={host: off_s}, lease_s=LEASE_S), measured, wait_for)


def work(system: System, measured: Measured, wait_for: WaitFor) -> None:
    """Photos, a job that takes longer than its lease, and jobs with deadlines."""
    outlasts_its_lease(system)
    with system.ledger.load(2):
        goal = len(system.ledger.accepted) + 40
        wait_for(lambda: len(system.ledger.accepted) > goal, "photos to be accepted")
    took_s = system.account.settle(30)
    jobs = [system.account.job(job_id) for job_id in system.ledger.accepted]
    assert {job.attempts for job in jobs if job} == {1}, "a lease ran out"
    deadlines_are_kept(system, wait_for)
    assert len(HeartbeatStore(system.redis).live_workers()) == 2
    assert requests.get(f"{system.url}/healthz", timeout=10).status_code == 200
    measured(system.check(), took_s)


def outlasts_its_lease(system: System) -> None:
    job = send(system, heavy_archive(), "application/zip", wait=60)
    assert (job["state"], job["attempts"]) == ("succeeded", 1)
    assert job["finished_at"] - job["started_at"] > LEASE_S
    erase(system, job)


def deadlines_are_kept(system: System, wait_for: WaitFor) -> None:
    job = send(system, portrait_jpeg(), "image/jpeg", deadline=DEADLINE_S, wait=30)
    assert job["state"] == "succeeded", "a worker was free"
    erase(system, job)
    with standing(system.workers):
        began = time.monotonic()
        watched = send(system, portrait_jpeg(), "image/jpeg", deadline=DEADLINE_S, wait=30)
        late_s = time.monotonic() - began - DEADLINE_S
        assert watched["state"] == "expired"
        assert -0.05 < late_s < LATE_S
        unwatched = send(system, portrait_jpeg(), "image/jpeg", deadline=DEADLINE_S, wait=0)
        record, now = keys.job(str(unwatched["id"])), servers_clock(system.redis)
        due = float(system.redis.hget(record, "deadline_at") or b"")
        wait_for(lambda: now() > due, "its deadline, at which nobody looks before a worker does", 10)
    wait_for(lambda: system.redis.hget(record, "state") != b"queued", "a worker to look", 10)
    assert look(system, unwatched)["state"] == "expired"
    for job in (watched, unwatched):
        erase(system, job)


def tell(system: System, receiver: Receiver, wait_for: WaitFor) -> None:
    """A webhook's receiver refuses one whose time is minutes off."""
    job = send(system, portrait_jpeg(), "image/jpeg", webhook=receiver.url, wait=30)
    wait_for(lambda: receiver.received, "the webhook", 15)
    headers, body = receiver.received[0]
    secret = WebhookStore(system.redis, Settings()).secrets.current("")
    assert Webhook(secret).verify(body, headers)["data"]["id"] == job["id"]


def send(system: System, body: bytes, content_type: str, wait: int, **options: object) -> dict[str, object]:
    headers = {"Content-Type": content_type, "Prefer": f"wait={wait}"}
    answer = requests.post(
        f"{system.url}/v1/jobs", data=body, headers=headers, params={"priority": BULK, **options}, timeout=90
    )
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def look(system: System, job: dict[str, object]) -> dict[str, object]:
    return requests.get(f"{system.url}/v1/jobs/{job['id']}", timeout=10).json()


def erase(system: System, job: dict[str, object]) -> None:
    assert requests.delete(f"{system.url}/v1/jobs/{job['id']}", timeout=10).status_code == 204
