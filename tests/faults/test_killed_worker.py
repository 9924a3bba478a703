"""Workers are killed in the middle of their work: every accepted job still succeeds, with one result."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.scripts import load_script
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import IMPATIENT, Finished, Measured, StartSystem
from support.pictures import astronaut_jpeg
from support.processes import StartProcess
from support.redis_proxy import Hold, RedisProxy
from support.stopping import held_by, owners, started, stopped_with_jobs, taken_over_s

CLIENTS, JOBS, BATCH = 8, 200, 4
KILLS, JOBS_UNDER_KILLS = 5, 500


@pytest.mark.fault("A worker's death costs jobs a lease, and loses none", "kill -9 of one of 2 workers, under load")
def test_jobs_survive_the_death_of_one_of_two_workers(
    broker: Broker, start_system: StartSystem, finished: Finished, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, workers=2)
    victim, survivor = system.workers
    with system.ledger.load(CLIENTS):
        wait_for(lambda: len(system.ledger.accepted) >= JOBS, f"{JOBS} jobs")
        held = wait_for(lambda: stopped_with_jobs(victim, system.redis), "the victim to be in the middle of its work")
        system.workers.remove(victim)
        victim.kill()
    recovered_s = system.account.settle(60)
    count = system.check()
    assert finished() == Counter(system.ledger.accepted), "one stored result each"
    by = {job_id: pid for job_id, (_, pid) in owners(system.redis, system.ledger.accepted).items()}
    assert {victim.pid, survivor.pid} <= set(by.values()), "both took part"
    assert not {victim.pid, survivor.pid} & {by[job_id] for job_id in held}, "what a dead worker held runs isolated"
    assert {system.job(job_id).attempts for job_id in held} == {2}
    assert recovered_s < taken_over_s(len(held))
    measured({**count, "taken over": len(held)}, recovered_s)


@pytest.mark.fault("A worker's death costs jobs a lease, and loses none", "kill -9 of a worker in a batch")
def test_a_worker_killed_in_the_middle_of_a_batch_costs_each_of_its_jobs_one_attempt(
    broker: Broker, start_process: StartProcess, finished: Finished, measured: Measured, wait_for: WaitFor
) -> None:
    redis = broker.client()
    store, photo = JobStore(redis, Settings()), astronaut_jpeg(2048)
    alone = {**IMPATIENT, "redis_url": broker.url, "worker_threads": 1}
    victim = start_process("workers", **alone)
    wait_for(lambda: HeartbeatStore(redis).live_workers(), "the worker to be ready")
    victim.send_signal(signal.SIGSTOP)  # all of them wait when it goes on
    os.waitid(os.P_PID, victim.pid, os.WSTOPPED)
    ids = [store.create([photo], BULK).id for _ in range(BATCH)]
    victim.send_signal(signal.SIGCONT)
    wait_for(lambda: set(held_by(victim, redis)) == set(ids), "the batch to be in work")
    victim.kill()
    victim.wait()
    assert set(held_by(victim, redis)) == set(ids), "their results would have been stored together"
    start_process("workers", **alone)
    wait_for(lambda: HeartbeatStore(redis).live_workers(), "another worker to be ready")
    began = time.monotonic()
    wait_for(lambda: store.open_count() == 0, "all jobs", taken_over_s(BATCH))
    recovered_s = time.monotonic() - began
    jobs = [store.get(job_id) for job_id in ids]
    assert [(job.state, job.attempts) for job in jobs] == [(JobState.SUCCEEDED, 2)] * BATCH
    assert finished() == dict.fromkeys(ids, 1), "one stored result each"
    measured({"accepted": BATCH, "succeeded": BATCH, "taken over": BATCH}, recovered_s)
    redis.close()


HOLDS: dict[str, Callable[[RedisProxy, Redis], Hold]] = {
    "pop": lambda proxy, _: proxy.hold_answer(b"analyze_jobs"),
    "claim": lambda proxy, _: proxy.hold_answer(b"\xff\xd8\xff"),  # with images, as they are given with their jobs
    "finish": lambda proxy, redis: proxy.hold_request(sha(redis, "finish")),
    "finished": lambda proxy, redis: proxy.hold_answer_to(sha(redis, "finish")),
}


def sha(redis: Redis, step: str) -> bytes:
    return load_script(redis, step).sha.encode()


@pytest.mark.slow_fault
@pytest.mark.fault("A worker's death costs jobs a lease, and loses none", "kill -9 of a worker at one step")
@pytest.mark.parametrize("step", HOLDS)
def test_a_worker_killed_at_a_step_costs_no_job(
    broker: Broker,
    proxy: RedisProxy,
    start_system: StartSystem,
    start_process: StartProcess,
    finished: Finished,
    measured: Measured,
    wait_for: WaitFor,
    step: str,
) -> None:
    system = start_system(broker)
    victim = started(system, start_process, proxy.url, worker_threads=1)
    with system.ledger.load(4):
        wait_for(lambda: len(system.ledger.accepted) > 40, "jobs to be accepted")
        hold = HOLDS[step](proxy, system.redis)
        wait_for(hold.reached.is_set, "the worker to reach the step")
        held = held_by(victim, system.redis)
        victim.kill()
        victim.wait()
        hold.release()
    recovered_s = system.account.settle(60)
    count = system.check()
    assert held or step not in {"claim", "finish"}
    assert not held or step != "pop"
    assert {system.job(job_id).attempts for job_id in held} <= {2}
    assert finished() == Counter(system.ledger.accepted), "one stored result each"
    assert recovered_s < taken_over_s(len(held))
    measured({**count, "taken over": len(held)}, recovered_s)


@pytest.mark.slow_fault
@pytest.mark.fault(
    "A worker's death costs jobs a lease, and loses none",
    "kill -9 of 5 workers in a row under load, with `MIEN_MAX_ATTEMPTS=7`",
)
def test_five_workers_killed_in_a_row_cost_no_job(
    broker: Broker,
    start_system: StartSystem,
    start_process: StartProcess,
    finished: Finished,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    patient = {"max_attempts": 2 + KILLS}  # three deaths in a row over one job would be the end of it
    system = start_system(broker, **patient)
    held = set[str]()
    with system.ledger.load(4):
        for _ in range(KILLS):
            victim = started(system, start_process, broker.url, **patient)
            held.update(wait_for(lambda it=victim: stopped_with_jobs(it, system.redis), "the worker to have jobs"))
            victim.kill()
            victim.wait()
        wait_for(lambda: len(system.ledger.accepted) >= JOBS_UNDER_KILLS, f"{JOBS_UNDER_KILLS} jobs", 240)
    recovered_s = system.account.settle(120)
    count = system.check()
    assert finished() == Counter(system.ledger.accepted), "one stored result each"
    assert recovered_s < taken_over_s(len(held))
    measured({**count, "taken over": len(held)}, recovered_s)
