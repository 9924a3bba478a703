"""Drills: what an alert is about happens to a running system, the alert fires, and it resolves after the cure.

The rules are the deployed ones but for how long an expression has to hold (`for`): seconds in place of minutes. What
they compare with is as deployed.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.storage.room import read_room
from deploy.ports import free_port
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import StartSystem, System
from support.processes import Process, StartProcess
from support.prometheus import RULES, Server, server

pytestmark = pytest.mark.slow_fault
PATIENCE_S = 90


def hastened(folder: Path) -> Path:
    """The rules, with seconds in place of minutes and hours in `for`."""
    folder.mkdir()
    for file in RULES.glob("*.yml"):
        text, count = re.subn(r"^( +for:) [1-9]\w*$", r"\1 2s", file.read_text(), flags=re.MULTILINE)
        assert count or "alert:" not in text
        (folder / file.name).write_text(text)
    return folder


@contextmanager
def drilled(broker: Broker, start_system: StartSystem, folder: Path, workers: int) -> Iterator[tuple[System, Server]]:
    """A system, and a Prometheus that has found nothing to complain of."""
    port = free_port()
    system = start_system(broker, workers=workers, metrics_port=port)
    with server(
        folder / "prometheus", [f"127.0.0.1:{port}"], rules=hastened(folder / "rules"), every_s=2
    ) as prometheus:
        yield system, prometheus


def test_workers_that_are_gone_and_the_queue_that_gets_old(
    broker: Broker, start_system: StartSystem, start_process: StartProcess, tmp_path: Path, wait_for: WaitFor
) -> None:
    with drilled(broker, start_system, tmp_path, workers=2) as (system, prometheus):
        wait_for(lambda: (prometheus.value("count_over_time(mien_workers[5m])") or 0) > 8, "some scrapes", PATIENCE_S)
        assert prometheus.firing() == set()
        sender = start_process("workers", redis_url=broker.url, worker_queues="webhooks")  # it analyses nothing
        wait_for(lambda: prometheus.value("count(mien_worker_info)") == 3, "the worker for webhooks", PATIENCE_S)
        one, other = system.workers
        one.send_signal(signal.SIGKILL)
        wait_for(lambda: "MienWorkerLost" in prometheus.firing(), "the alert of a lost worker", PATIENCE_S)
        assert "MienNoWorker" not in prometheus.firing()
        other.send_signal(signal.SIGKILL)
        wait_for(lambda: "MienNoWorker" in prometheus.firing(), "the alert that there is none", PATIENCE_S)
        accepted = system.ledger.submit(priority="interactive")  # bulk jobs may wait for an hour
        assert accepted.status == 202
        assert sender.poll() is None
        wait_for(lambda: "MienQueueOld" in prometheus.firing(), "the alert of an old job", PATIENCE_S)
        system.workers[:] = [start_process("workers", redis_url=broker.url) for _ in range(2)]
        # Without a scrape an alert is over as well, so what it is about is asked for, too.
        waits = 'mien_queue_oldest_seconds{queue="interactive"}'
        wait_for(lambda: prometheus.value(f"sum({waits}) == 0 and sum(mien_workers) == 2") == 0, "all to be well", 120)
        over = {"MienNoWorker", "MienQueueOld", "MienWorkerLost"}
        wait_for(lambda: not prometheus.firing() & over, "the alerts to be over", PATIENCE_S)
        wait_for(lambda: system.job(accepted.job_id).state.final, "the job to end")


def test_redis_that_is_full(broker: Broker, start_system: StartSystem, tmp_path: Path, wait_for: WaitFor) -> None:
    with drilled(broker, start_system, tmp_path, workers=1) as (system, prometheus):
        wait_for(lambda: prometheus.value("mien_workers") == 1, "a scrape", PATIENCE_S)
        used = read_room(system.redis).used_bytes
        system.redis.config_set("maxmemory", int(used / 0.95))
        wait_for(
            lambda: {"MienRedisFull", "MienRedisMemoryHigh"} <= prometheus.firing(),
            "the alert that it is full",
            PATIENCE_S,
        )
        assert system.ledger.submit().status == 503
        wait_for(
            lambda: (prometheus.value('sum(mien_jobs_refused_total{reason="redis_memory"})') or 0) > 0,
            "the refusal to be counted by its reason",
            PATIENCE_S,
        )
        system.redis.config_set("maxmemory", 10 * used)
        wait_for(
            lambda: not prometheus.firing() & {"MienRedisFull", "MienRedisMemoryHigh"},
            "the alert to be over",
            PATIENCE_S,
        )


def test_a_camera_that_is_gone(
    broker: Broker, start_system: StartSystem, start_process: StartProcess, tmp_path: Path, wait_for: WaitFor
) -> None:
    def film() -> Process:
        return start_process("capture", redis_url=broker.url, camera="hall", camera_source="demo", camera_fps=5)

    with drilled(broker, start_system, tmp_path, workers=1) as (_, prometheus):
        capture = film()
        wait_for(lambda: prometheus.value('mien_camera_live{camera="hall"}') == 1, "the camera", PATIENCE_S)
        capture.send_signal(signal.SIGKILL)
        wait_for(lambda: "MienCameraGone" in prometheus.firing(), "the alert", PATIENCE_S)
        film()
        wait_for(lambda: "MienCameraGone" not in prometheus.firing(), "the alert to be over", PATIENCE_S)
        assert prometheus.value('mien_camera_live{camera="hall"}') == 1
