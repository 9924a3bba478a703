"""A worker's memory: bounded after a thousand jobs, and no TensorFlow in it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.pictures import astronaut

JOBS = 1_000
LIMIT_BYTES = 250_000_000


def test_a_thousand_jobs_leave_a_worker_small(
    redis: Redis, settings: Settings, start_workers: Callable[..., list[Any]], wait_for: Callable[..., Any]
) -> None:
    (worker,) = start_workers()
    store = JobStore(redis, settings)
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((200, 200)).save(buffer, "JPEG")
    for _ in range(JOBS):
        store.create([buffer.getvalue()], BULK)
    wait_for(lambda: store.open_count() == 0, f"{JOBS} jobs", seconds=240)
    process = psutil.Process(worker.pid)
    assert process.memory_info().rss < LIMIT_BYTES
    maps = Path(f"/proc/{worker.pid}/maps")
    if maps.exists():  # Linux
        assert "tensorflow" not in maps.read_text()
