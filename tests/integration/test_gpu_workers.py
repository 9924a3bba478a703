"""``python -m workers --gpus all``: two real workers under Keras; without GPUs here, they compute on the CPU."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.nvidia import NvidiaSmi, uuid
from support.pictures import astronaut_jpeg

ROOT = Path(__file__).parents[2]
_START_S = 240.0
"""For two processes that load JAX and compile."""


@pytest.fixture
def supervisor(settings: Settings, nvidia_smi: NvidiaSmi, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    nvidia_smi.has({}, {})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIEN_")} | {
        "MIEN_REDIS_URL": settings.redis_url,
        "MIEN_RUNTIME": "keras",
        "MIEN_BATCH_IMAGES": "1",
        "MIEN_DETECTION_EFFORT": "0",  # these two leave few programs to compile
        "MIEN_FACES_ONLY": "true",
        "MIEN_WORKER_THREADS": "1",
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
    }
    with (log := tmp_path / "supervisor.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers", "--gpus", "all"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    children = list[psutil.Process]()
    yield process
    if process.poll() is None:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(60)
    for child in children:
        if child.is_running():
            child.kill()
    print(log.read_text(errors="replace")[-4000:])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_gpu_has_a_worker_and_all_end_together(
    supervisor: "subprocess.Popen[bytes]", redis: Redis, settings: Settings, wait_for: WaitFor, tmp_path: Path
) -> None:
    heartbeats, jobs = HeartbeatStore(redis), JobStore(redis, settings)

    def two() -> bool:
        assert supervisor.poll() is None, "the supervisor ended at its start"
        return len(heartbeats.live_workers()) == 2

    wait_for(two, "two workers", _START_S)
    live = heartbeats.live_workers()
    processes = [psutil.Process(worker.pid) for worker in live]
    assert {process.ppid() for process in processes} == {supervisor.pid}
    assert {process.environ()["CUDA_VISIBLE_DEVICES"] for process in processes} == {uuid(0), uuid(1)}
    assert [(worker.backend, worker.device) for worker in live] == [("jax", "")] * 2
    log = (tmp_path / "supervisor.log").read_text()
    for label in ("GPU 0: NVIDIA H200", "GPU 1: NVIDIA H200"):
        assert f"jax sees no GPU although nvidia-smi has {label} (driver 570.86.15), and computes on the CPU" in log
    created = [jobs.create([astronaut_jpeg(256)], BULK) for _ in range(4)]
    wait_for(lambda: all(jobs.get(job.id).state.final for job in created), "the jobs")
    assert {jobs.get(job.id).state for job in created} == {"succeeded"}
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(60) == 0
    assert heartbeats.live_workers() == []
