"""A process is kept running, and ends whole."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.process import EXIT_CONFIGURATION
from deploy.supervisor import SupervisedProcess, stop_all

WAITING = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WAITING!r}]); {WAITING}"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def serve(said: list[str]) -> Iterator[Callable[[str], SupervisedProcess]]:
    services: list[SupervisedProcess] = []

    def start(code: str) -> SupervisedProcess:
        command = [sys.executable, "-c", code]
        service = SupervisedProcess("it", command, os.environ, said.append, delays=lambda: repeat(0.01))
        services.append(service)
        service.start()
        return service

    yield start
    stop_all(services, 0, threading.Event())


def test_a_process_that_is_killed_is_started_again(
    serve: Callable[[str], SupervisedProcess], said: list[str], wait_for: Callable[..., Any]
) -> None:
    service = serve(WAITING)
    wait_for(lambda: said.count("up") == 1, "the first start")
    first = service.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: said.count("up") == 2, "the second start")
    assert service.pid != first
    assert said[1] == "Ended by SIGKILL; it is started again."


def test_a_process_that_ends_by_itself_is_started_again(
    serve: Callable[[str], SupervisedProcess], said: list[str], wait_for: Callable[..., Any]
) -> None:
    serve("import sys; print('wrong setting', file=sys.stderr); sys.exit(2)")
    wait_for(lambda: len(said) >= 4, "the second start")
    assert said[:4] == ["wrong setting", "Ended with status 2; it is started again."] * 2


@pytest.mark.parametrize(
    ("last_line", "sentence"),
    [
        ("mien worker: MIEN_MODEL=foo: unknown", "worker: MIEN_MODEL=foo: unknown"),
        ('{"level": "critical", "event": "MIEN_MODEL=foo: unknown"}', "MIEN_MODEL=foo: unknown"),
        ("{", "{"),
        ("", "it cannot start."),
    ],
)
def test_one_with_a_wrong_setting_is_not_started_again(said: list[str], last_line: str, sentence: str) -> None:
    wrong: list[str] = []
    code = f"import sys; print({last_line!r}, file=sys.stderr); sys.exit({EXIT_CONFIGURATION})"
    command = [sys.executable, "-c", code]
    process = SupervisedProcess("it", command, os.environ, said.append, on_wrong_setting=wrong.append)
    process.start()
    assert process.wait(60)
    assert wrong == [sentence]
    assert said == [last_line]


def test_one_that_did_start_before_is_started_again_whatever_its_status(
    said: list[str], wait_for: Callable[..., Any], tmp_path: Path
) -> None:
    """A camera whose file goes away ends with a failure, and then cannot open it until the file is back."""
    wrong: list[str] = []
    code = f"import pathlib, sys; p = pathlib.Path({str(tmp_path / 'was')!r}); sys.exit(2) if p.exists() else p.touch()"
    process = SupervisedProcess(
        "it",
        [sys.executable, "-c", f"{code}; sys.exit(1)"],
        os.environ,
        said.append,
        on_wrong_setting=wrong.append,
        delays=lambda: repeat(0.01),
    )
    process.start()
    wait_for(lambda: len(said) >= 3, "three ends")
    stop_all([process], 0, threading.Event())
    assert wrong == []
    assert said[:3] == [f"Ended with status {status}; it is started again." for status in (1, 2, 2)]


def test_stopping_ends_it_for_good(
    serve: Callable[[str], SupervisedProcess], said: list[str], wait_for: Callable[..., Any]
) -> None:
    service = serve(WAITING)
    wait_for(lambda: "up" in said, "the start")
    stop_all([service], 20, threading.Event())
    assert service.wait(0)
    assert not psutil.pid_exists(service.pid or 0)
    assert said == ["up"]


def test_a_process_that_ignores_sigterm_is_killed(
    serve: Callable[[str], SupervisedProcess], said: list[str], wait_for: Callable[..., Any]
) -> None:
    service = serve(STUBBORN)
    wait_for(lambda: "up" in said, "the start")
    kill_now = threading.Event()
    kill_now.set()
    stop_all([service], 600, kill_now)
    assert service.wait(0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_process_leaves_behind_ends_with_it(
    serve: Callable[[str], SupervisedProcess], said: list[str], wait_for: Callable[..., Any], number: signal.Signals
) -> None:
    service = serve(PARENT)
    wait_for(lambda: said.count("up") == 2, "parent and child")
    parent = psutil.Process(service.pid or 0)
    (child,) = parent.children()
    parent.send_signal(number)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of the child")


def test_one_that_never_started_stops_as_well() -> None:
    service = SupervisedProcess("it", ["false"], os.environ, print)
    stop_all([service], 1, threading.Event())
    assert service.wait(0)
    assert service.pid is None
