"""The health checks of containers, against real parts."""

import os
import socket
import time

import pytest
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from deploy.health import main
from deploy.ports import free_port


@pytest.fixture(autouse=True)
def environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MIEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIEN_REDIS_URL", redis_url)


def say_hello(redis: Redis, host: str) -> None:
    now = time.time()
    worker = WorkerReport(
        name=host,
        pid=1,
        host=host,
        threads=1,
        detector="d",
        model="m",
        runtime="litert",
        started_at=now,
        reported_at=now,
    )
    HeartbeatStore(redis).report(worker)


def test_a_worker_is_well_while_it_reports_from_this_host(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    say_hello(redis, "another-host")
    assert main(["worker"]) == 1
    assert f"No worker on {socket.gethostname()} has reported" in capsys.readouterr().out
    say_hello(redis, socket.gethostname())
    assert main(["worker"]) == 0


def test_capture_is_well_while_it_publishes(
    redis: Redis, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["capture"]) == 1
    assert "The camera 'camera' has published no frame for 5 s." in capsys.readouterr().out
    FrameStore(redis, settings).publish(Frame("camera", FrameStamp(1, 1), time.time(), b"jpeg"))
    assert main(["capture"]) == 0


@pytest.mark.parametrize("role", ["gateway", "flower"])
def test_a_server_that_does_not_answer_is_not_well(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PORT", str(free_port()))
    monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
    assert main([role]) == 1


def test_a_redis_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert main(["worker"]) == 1
    assert "The job store does not answer" in capsys.readouterr().out
