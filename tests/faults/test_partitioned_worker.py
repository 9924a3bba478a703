"""A worker that is cut off from Redis: others take over, what it brings late is refused, and it works again."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from contracts.jobs import JobState
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from deploy.ports import free_port
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import IMPATIENT, Measured, StartSystem, System
from support.namespace import Namespace, namespace
from support.pictures import heavy_archive, portrait_jpeg
from support.processes import StartProcess
from support.stopping import standing, taken_over_s

LASTS_S = 30.0
AGAIN_S = 60.0
"""So long after the partition the worker that was cut off has analysed a job: some ten seconds for its connections."""
LOST = {
    "both ways": {"requests": True, "answers": True},
    "its requests": {"requests": True, "answers": False},
    "the answers": {"requests": False, "answers": True},
}


@pytest.fixture
def network() -> Iterator[Namespace]:
    """Made before all processes, and so removed after them."""
    with namespace() as made:
        yield made


@pytest.mark.slow_fault
@pytest.mark.fault("Whom a partition cuts off loses its jobs, and nobody else does", "worker and Redis parted for 30 s")
@pytest.mark.parametrize("lost", LOST)
def test_others_take_over_from_a_worker_that_is_cut_off(
    network: Namespace,
    start_broker: Callable[..., Broker],
    start_system: StartSystem,
    start_process: StartProcess,
    measured: Measured,
    wait_for: WaitFor,
    lost: str,
) -> None:
    port = free_port()
    broker = start_broker(port=str(port), bind=network.outside, protected_mode="no")
    system = start_system(broker)
    address = f"redis://{network.outside}:{port}/0"
    cut_off = start_process("workers", namespace=network.name, **{**IMPATIENT, "redis_url": address})
    wait_for(lambda: len(HeartbeatStore(system.redis).live_workers()) == 2, "both workers")
    jobs = JobStore(system.redis, Settings())
    with standing(system.workers):
        job_id = send(system, heavy_archive(60), "application/zip")
        wait_for(lambda: jobs.get(job_id).state is JobState.RUNNING, "the worker to claim it")
        lease = system.redis.zscore(keys.OPEN_JOBS, job_id)
        wait_for(lambda: (system.redis.zscore(keys.OPEN_JOBS, job_id) or 0) > lease, "the worker to have it in hand")
        network.lose(**LOST[lost])
    began = time.monotonic()
    with system.ledger.load(2):
        wait_for(lambda: jobs.get(job_id).state.final, "the other to take over", taken_over_s(3))
        taken_s = time.monotonic() - began
        time.sleep(max(0.0, began + LASTS_S - time.monotonic()))  # the fault itself
    job = jobs.get(job_id)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    network.lose(requests=False, answers=False)
    healed = time.monotonic()
    late = f"job {job_id} was taken over by another worker"
    wait_for(lambda: any(late in log.read_text() for log in system.logs.glob("workers-*.log")), "it to be refused")
    assert jobs.get(job_id) == job
    with standing(system.workers):
        photo = send(system, portrait_jpeg(), "image/jpeg")
        wait_for(lambda: jobs.get(photo).state.final, "the worker that was cut off", AGAIN_S)
    again_s = time.monotonic() - healed
    assert cut_off.poll() is None
    for each in (job_id, photo):
        assert requests.delete(f"{system.url}/v1/jobs/{each}", timeout=10).status_code == 204
    system.account.settle(30)
    measured({**system.check(), "s until others had taken over": round(taken_s, 1)}, again_s)


def send(system: System, body: bytes, content_type: str) -> str:
    answer = requests.post(f"{system.url}/v1/jobs", data=body, headers={"Content-Type": content_type}, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])
