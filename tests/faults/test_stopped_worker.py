"""A worker stands still for longer than its lease, and goes on: others have its jobs, and what it writes is refused."""

import signal
import time
from collections import Counter

import pytest

from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Finished, Measured, StartSystem
from support.processes import StartProcess
from support.stopping import held_by, started, stopped_with_jobs, taken_over_s


@pytest.mark.slow_fault
@pytest.mark.fault("Only the owner of a lease stores a result", "SIGSTOP of a worker beyond its lease, then SIGCONT")
def test_the_late_results_of_a_worker_that_stood_still_are_refused(
    broker: Broker,
    start_system: StartSystem,
    start_process: StartProcess,
    finished: Finished,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    system = start_system(broker)
    sleeper = started(system, start_process, broker.url, worker_threads=1)
    with system.ledger.load(4):
        held = wait_for(lambda: stopped_with_jobs(sleeper, system.redis), "the worker to have jobs")
        began = time.monotonic()
        wait_for(lambda: all(system.job(job_id).state.final for job_id in held), "others", taken_over_s(len(held)))
        recovered_s = time.monotonic() - began
        stored = [system.job(job_id) for job_id in held]
        sleeper.send_signal(signal.SIGCONT)
        log = system.logs / "workers-2.log"
        wait_for(lambda: log.read_text().count("taken over by another") == len(held), "its results to be refused")
        wait_for(lambda: held_by(sleeper, system.redis), "it to work on")
    system.account.settle(60)
    count = system.check()
    assert sleeper.poll() is None
    assert [system.job(job_id) for job_id in held] == stored
    assert finished() == Counter(system.ledger.accepted), "one stored result each"
    measured({**count, "late results": len(held)}, recovered_s)
