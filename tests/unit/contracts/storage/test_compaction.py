"""What was deleted leaves the server's file as well."""

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from contracts.jobs import Job, JobOptions
from contracts.local import make_private, socket_folder, socket_url
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.compaction import PAUSE_S, FileCompaction
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from deploy.supervisor import SupervisedProcess, stop_all
from deploy.valkey import server_command, wait_for_server
from support.clocks import ManualClock

PHOTO = b"\xff\xd8\xff" + random.Random(1).randbytes(2_000)
OTHER = b"\xff\xd8\xff" + random.Random(2).randbytes(2_000)
"""Like a photo's, bytes that a server cannot compress, and so finds no other form for."""

LATER_S = 1_000
"""After the pause that even a slow rewrite is followed by, and before one is made without a reason."""


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Redis]:
    """A server as `make up` starts it, with its append-only file in the test's folder."""
    socket = socket_folder(tmp_path) / "test.sock"
    make_private(socket.parent)
    server = SupervisedProcess("redis", server_command(socket, tmp_path), {}, lambda _: None)
    server.start()
    wait_for_server(socket_url(socket), 30, threading.Event())
    with Redis(unix_socket_path=str(socket)) as client:
        yield client
    stop_all([server], 10, threading.Event())
    shutil.rmtree(socket.parent)


@pytest.fixture
def jobs(durable: Redis, clock: ManualClock) -> JobStore:
    return JobStore(durable, Settings(), clock)


@pytest.fixture
def compaction(durable: Redis, clock: ManualClock) -> FileCompaction:
    return FileCompaction(durable, clock)


def finished(jobs: JobStore) -> Job:
    job = jobs.create([PHOTO], BULK)
    jobs.claim(job.id, "worker")
    jobs.annotated_images.put(job.id, "worker", 0, b"\xff\xd8\xff annotated")
    jobs.finish(job.id, "worker", [])
    return job


def in_files(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in folder.rglob("appendonly*") if file.is_file())


def idle(redis: Redis) -> bool:
    return not redis.info("persistence")["aof_rewrite_in_progress"]


def test_a_photo_leaves_the_file_after_its_job(
    jobs: JobStore, compaction: FileCompaction, clock: ManualClock, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    waiting = jobs.create([OTHER], BULK)
    assert compaction.run(), "the first look rewrites, whatever a former run has left"
    wait_for(lambda: idle(compaction._redis), "the rewrite")
    finished(jobs)
    assert in_files(tmp_path, PHOTO)
    assert not compaction.run(), "many jobs in a minute cost one rewrite"
    clock.sleep(LATER_S)
    assert compaction.run()
    wait_for(lambda: not in_files(tmp_path, PHOTO), "the photo to leave the file")
    assert jobs.images(waiting.id) == [OTHER]
    assert in_files(tmp_path, OTHER), "what is accepted stays"


def test_it_goes_by_the_servers_clock(durable: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 5.0)  # this host's is wrong by decades
    assert FileCompaction(durable).run()


def test_an_erased_job_leaves_the_file_at_once(
    jobs: JobStore,
    compaction: FileCompaction,
    durable: Redis,
    clock: ManualClock,
    tmp_path: Path,
    wait_for: Callable[..., Any],
) -> None:
    compaction.run()
    wait_for(lambda: idle(durable), "the first rewrite")
    clock.sleep(LATER_S)
    job = finished(jobs)
    JobEraser(durable, clock).erase(job.id)
    assert in_files(tmp_path, job.id.encode())
    assert compaction.run()
    wait_for(lambda: not in_files(tmp_path, job.id.encode()), "the id to leave the file")
    assert not in_files(tmp_path, b"annotated")


def test_a_result_leaves_the_file_when_it_has_expired(jobs: JobStore, durable: Redis, clock: ManualClock) -> None:
    finished(jobs)
    noted = sorted(score for _, score in durable.zrange(keys.ERASURES, 0, -1, withscores=True))
    assert clock() <= noted[0] <= clock() + 60
    assert clock() + 3_600 < noted[1] <= clock() + 3_665


def test_annotated_images_leave_it_earlier_than_a_result_that_a_webhook_has_to_tell_of(
    jobs: JobStore, durable: Redis, clock: ManualClock
) -> None:
    job = jobs.create([PHOTO], BULK, options=JobOptions(webhook="https://example.com/hook"))
    jobs.claim(job.id, "worker")
    jobs.finish(job.id, "worker", [])
    noted = sorted(score - clock() for _, score in durable.zrange(keys.ERASURES, 0, -1, withscores=True))
    assert len(noted) == 3
    assert 3_600 < noted[1] <= 3_665
    assert noted[2] > 3 * 86_400


def test_before_the_server_stops_the_file_is_rewritten_and_waited_for(
    jobs: JobStore, compaction: FileCompaction, durable: Redis, tmp_path: Path
) -> None:
    finished(jobs)
    compaction.finish(30)
    assert idle(durable)
    assert not in_files(tmp_path, PHOTO)


def test_a_server_without_a_file_gets_none(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    compaction = FileCompaction(redis, clock)
    finished(JobStore(redis, settings, clock))
    clock.sleep(60)
    assert not compaction.run()
    compaction.finish(0)
    assert redis.info("persistence")["aof_enabled"] == 0


def test_a_refusal_is_said_once_and_tried_again(
    durable: Redis, jobs: JobStore, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    durable.acl_setuser("limited", enabled=True, nopass=True, keys="*", commands=["+@all", "-bgrewriteaof"])
    path = durable.connection_pool.connection_kwargs["path"]
    with Redis(unix_socket_path=path, username="limited", password="any") as limited:
        with pytest.raises(NoPermissionError):
            limited.bgrewriteaof()
        compaction = FileCompaction(limited, clock)
        for _ in range(3):
            clock.sleep(PAUSE_S)
            assert not compaction.run()
    assert caplog.text.count("deleted photos stay in Redis' file") == 1
    assert durable.zcard(keys.ERASURES)
