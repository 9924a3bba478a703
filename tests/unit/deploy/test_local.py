"""What ``make up`` refuses before it starts anything, and what it would start."""

import socket
import sys
from pathlib import Path

import pytest

from contracts.settings import Settings, load_settings
from deploy import local
from deploy.local import main
from deploy.ports import free_port

pytestmark = pytest.mark.usefixtures("restored_logging")


def test_a_taken_port_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "_handle_signals", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("MIEN_PORT", str(port))
        monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
        assert main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"mien: Port {port} is taken by another program. Stop it, or set MIEN_PORT to a free port.\n"
    )
    assert not list(tmp_path.iterdir())


def test_where_no_port_was_asked_for_and_the_usual_one_is_taken_the_next_free_one_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MIEN_PORT", raising=False)
    usual = Settings.model_fields["port"].default
    try:
        taken = socket.create_server(("127.0.0.1", usual))
    except OSError:  # another program has it, which is as good
        taken = socket.socket()
    with taken:
        assert local._with_free_port(load_settings()).port > usual
        monkeypatch.setenv("MIEN_PORT", str(usual))
        assert local._with_free_port(load_settings()).port == usual


def test_a_process_with_a_wrong_setting_ends_everything_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, redis_url: str
) -> None:
    wrong = [sys.executable, "-c", "import sys; sys.exit(print('MIEN_MODEL=foo: there is no such network.') or 2)"]
    waiting = [sys.executable, "-c", "import signal; signal.pause()"]
    monkeypatch.setattr(local, "_handle_signals", lambda *_: None)
    monkeypatch.setattr(local, "_commands", lambda *_: [("gateway", waiting), ("worker.1", wrong)])
    monkeypatch.setenv("MIEN_REDIS_URL", redis_url)
    monkeypatch.setenv("MIEN_PORT", str(free_port()))
    monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
    assert main(["--data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err == "mien: MIEN_MODEL=foo: there is no such network.\n"
    assert said.out.endswith("Stopped.\n")


def test_processes_get_what_was_decided_and_no_setting_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PROT", "80")
    settings = Settings(port=5001, redis_url="redis://127.0.0.1:1/0", flower_password="secret")
    environment = local._environment(settings)
    assert "MIEN_PROT" not in environment
    assert environment["MIEN_PORT"] == "5001"
    assert environment["MIEN_REDIS_URL"] == "redis://127.0.0.1:1/0"
    assert environment["MIEN_FLOWER_PASSWORD"] == "secret"


def test_asked_to_end_before_redis_answers_it_starts_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    silent = [sys.executable, "-c", "import signal; signal.pause()"]
    monkeypatch.setattr(local, "server_command", lambda *_: silent)
    monkeypatch.setattr(local, "_handle_signals", lambda stop, _: stop.set())
    monkeypatch.delenv("MIEN_REDIS_URL", raising=False)
    monkeypatch.setenv("MIEN_PORT", str(free_port()))
    monkeypatch.setenv("MIEN_FLOWER_PORT", str(free_port()))
    assert main(["--data", str(tmp_path)]) == 0
    assert "Starting" not in capsys.readouterr().out


def test_every_line_of_the_procfile_runs_with_this_python() -> None:
    commands = dict(local._commands(workers=2))
    assert list(commands) == ["worker.1", "worker.2", "gateway", "capture", "flower"]
    assert all(command[:2] == [sys.executable, "-m"] for command in commands.values())


def test_one_process_looks_after_the_workers_of_gpus() -> None:
    commands = dict(local._commands(workers=1, gpus="0,2"))
    assert list(commands) == ["worker", "gateway", "capture", "flower"]
    assert commands["worker"] == [sys.executable, "-m", "workers", "--gpus", "0,2"]


def test_workers_are_not_counted_where_each_gpu_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert local._parse(["--workers", "1", "--gpus", "all"]).gpus == "all"
    with pytest.raises(SystemExit):
        local._parse(["--workers", "2", "--gpus", "all"])
    assert "--gpus runs a worker a GPU; leave --workers out" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_there_is_at_least_one_worker(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        local._parse(["--workers", number])
    assert "--workers" in capsys.readouterr().err
