"""Jobs that are analysed once although they are sent fifty times, or never because they were canceled: counted."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image
from redis import Redis

from contracts.metrics import IMAGES_ANALYZED, JOBS_ANALYZED, metric_key
from contracts.queues import BULK
from contracts.storage import keys
from contracts.storage.counters import CounterStore


@pytest.fixture(scope="module")
def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(buffer, "JPEG")
    return buffer.getvalue()


def submit(port: int, photo: bytes, **headers: str) -> dict[str, Any]:
    headers |= {"Content-Type": "image/jpeg"}
    answer = requests.post(f"http://127.0.0.1:{port}/v1/jobs", data=photo, headers=headers, timeout=120)
    assert answer.status_code in (200, 202), answer.text
    return dict(answer.json())


@pytest.fixture
def counted(redis: Redis, wait_for: Callable[..., Any]) -> Callable[..., dict[str, float]]:
    """All counters, once no worker has anything left to do: each sends what it has counted before it ends."""

    def read(workers: list[Any]) -> dict[str, float]:
        wait_for(lambda: redis.llen(BULK) == redis.zcard(keys.OPEN_JOBS) == 0, "the last job to be done")
        for worker in workers:
            worker.terminate()
            assert worker.wait(timeout=60) == 0
        return CounterStore(redis).read()

    return read


def test_fifty_duplicates_at_once_at_two_gateways_are_one_analysis(
    counted: Callable[..., dict[str, float]],
    photo: bytes,
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., Any],
) -> None:
    ports = [start_gateway()[1] for _ in range(2)]
    workers = start_workers()
    same = {"Idempotency-Key": "once", "Prefer": "wait=60"}
    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda number: submit(ports[number % 2], photo, **same), range(50)))
    assert {answer["state"] for answer in answers} == {"succeeded"}
    assert len({answer["id"] for answer in answers}) == 1
    assert counted(workers)[IMAGES_ANALYZED] == 1


def test_a_canceled_job_is_never_analysed(
    counted: Callable[..., dict[str, float]],
    photo: bytes,
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., Any],
) -> None:
    _, port = start_gateway()
    canceled = [submit(port, photo)["id"] for _ in range(5)]
    for job_id in canceled:
        answer = requests.delete(f"http://127.0.0.1:{port}/v1/jobs/{job_id}", timeout=60)
        assert answer.json()["state"] == "canceled"
    workers = start_workers(worker_threads=1)
    assert submit(port, photo, Prefer="wait=60")["state"] == "succeeded"
    found = counted(workers)
    assert found[metric_key(JOBS_ANALYZED, queue=BULK)] == found[IMAGES_ANALYZED] == 1
    states = {requests.get(f"http://127.0.0.1:{port}/v1/jobs/{each}", timeout=60).json()["state"] for each in canceled}
    assert states == {"canceled"}
