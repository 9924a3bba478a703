"""Connections that die without a word, as behind a firewall that forgets them: workers notice, and go on."""

import time

import pytest

from contracts.jobs import JobState
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured
from support.pictures import astronaut_jpeg
from support.processes import StartProcess
from support.redis_proxy import RedisProxy

RECOVERED_S = 60
"""Some eleven seconds on a machine that has time; without a limit it takes hours."""


@pytest.mark.fault("A worker notices that its connections are dead", "all go silent, and stay open")
def test_a_worker_whose_connections_died_silently_takes_jobs_again(
    broker: Broker, proxy: RedisProxy, start_process: StartProcess, measured: Measured, wait_for: WaitFor
) -> None:
    redis, photo = broker.client(), astronaut_jpeg()
    jobs = JobStore(redis, Settings())
    worker = start_process("workers", redis_url=proxy.url, worker_threads=1, lease_s=5)
    wait_for(HeartbeatStore(redis).live_workers, "the worker to be ready")
    before = jobs.create([photo], INTERACTIVE)
    wait_for(lambda: jobs.get(before.id).state is JobState.SUCCEEDED, "the worker to have used its connections")
    proxy.forget()
    began = time.monotonic()
    after = [jobs.create([photo], queue).id for queue in (INTERACTIVE, BULK)]
    wait_for(lambda: jobs.open_count() == 0, "the jobs that came after", RECOVERED_S)
    recovered_s = time.monotonic() - began
    assert {jobs.get(id_).state for id_ in after} == {JobState.SUCCEEDED}
    assert worker.poll() is None
    measured({"accepted": 3, "succeeded": 3}, recovered_s)
    redis.close()
