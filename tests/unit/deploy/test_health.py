"""The health checks of containers, against real parts."""

import os
import socket
import time
from pathlib import Path

import pytest
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.storage.cameras import CameraStatuses
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


def test_capture_is_well_while_it_tells_how_its_cameras_are(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capture"]) == 1
    assert "Capture has not said for 10 s how its cameras are." in capsys.readouterr().out
    status = CameraStatus(name="camera", kind="rtsp", state="gone", since=time.time(), fps=15)
    CameraStatuses(redis).put(status)
    assert main(["capture"]) == 0, "that a camera is away is no fault of capture"


def test_a_file_of_cameras_that_has_become_wrong_is_no_illness(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "cameras.toml"
    monkeypatch.setenv("MIEN_CAMERAS", str(path))
    path.write_text('[[camera]]\nname = "hall"\nsource = "demo"\n')
    assert main(["capture"]) == 1
    CameraStatuses(redis).put(CameraStatus(name="hall", kind="demo", state="live", since=time.time(), fps=15))
    assert main(["capture"]) == 0
    path.write_text("[[camera]")
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
