"""What ``make up`` refuses before it starts anything, and what it would start."""

import socket
import sys
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from deploy import local
from deploy.local import main
from deploy.ports import free_port
from deploy.state import claim_folder


def test_a_taken_port_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "_heed_signals", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("MIEN_PORT", str(port))
        monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
        assert main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"mien: Port {port} is taken by another program. Stop it, or set MIEN_PORT to a free port.\n"
    )
    assert not list(tmp_path.iterdir())


def test_two_may_not_share_one_folder(tmp_path: Path) -> None:
    with claim_folder(tmp_path), pytest.raises(ConfigurationError, match="Mien runs already"), claim_folder(tmp_path):
        pass
    with claim_folder(tmp_path):
        pass


def test_asked_to_end_before_redis_answers_it_starts_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    silent = [sys.executable, "-c", "import signal; signal.pause()"]
    monkeypatch.setattr(local, "server_command", lambda *_: silent)
    monkeypatch.setattr(local, "_heed_signals", lambda stop, _: stop.set())
    monkeypatch.delenv("MIEN_REDIS_URL", raising=False)
    monkeypatch.setenv("MIEN_PORT", str(free_port()))
    monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
    assert main(["--data", str(tmp_path)]) == 0
    assert "Starting" not in capsys.readouterr().out


def test_every_line_of_the_procfile_runs_with_this_python() -> None:
    commands = dict(local._commands(workers=2))
    assert list(commands) == ["worker.1", "worker.2", "gateway", "capture", "flower"]
    assert all(command[:2] == [sys.executable, "-m"] for command in commands.values())


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_there_is_at_least_one_worker(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        local._parse(["--workers", number])
    assert "--workers" in capsys.readouterr().err
