"""A process is kept running, and ends whole."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import psutil
import pytest

from deploy.service import Service, stop_all

WAITING = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WAITING!r}]); {WAITING}"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def serve(said: list[str]) -> Iterator[Callable[[str], Service]]:
    services: list[Service] = []

    def start(code: str) -> Service:
        command = [sys.executable, "-c", code]
        service = Service("it", command, os.environ, said.append, pauses=lambda: repeat(0.01))
        services.append(service)
        service.start()
        return service

    yield start
    stop_all(services, 0, threading.Event())


def test_a_process_that_is_killed_is_started_again(
    serve: Callable[[str], Service], said: list[str], wait_for: Callable[..., Any]
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
    serve: Callable[[str], Service], said: list[str], wait_for: Callable[..., Any]
) -> None:
    serve("import sys; print('wrong setting', file=sys.stderr); sys.exit(2)")
    wait_for(lambda: len(said) >= 4, "the second start")
    assert said[:4] == ["wrong setting", "Ended with status 2; it is started again."] * 2


def test_stopping_ends_it_for_good(
    serve: Callable[[str], Service], said: list[str], wait_for: Callable[..., Any]
) -> None:
    service = serve(WAITING)
    wait_for(lambda: "up" in said, "the start")
    stop_all([service], 20, threading.Event())
    assert service.wait(0)
    assert not psutil.pid_exists(service.pid or 0)
    assert said == ["up"]


def test_a_process_that_does_not_heed_is_killed(
    serve: Callable[[str], Service], said: list[str], wait_for: Callable[..., Any]
) -> None:
    service = serve(STUBBORN)
    wait_for(lambda: "up" in said, "the start")
    hurry = threading.Event()
    hurry.set()
    stop_all([service], 600, hurry)
    assert service.wait(0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_process_leaves_behind_ends_with_it(
    serve: Callable[[str], Service], said: list[str], wait_for: Callable[..., Any], number: signal.Signals
) -> None:
    service = serve(PARENT)
    wait_for(lambda: said.count("up") == 2, "parent and child")
    parent = psutil.Process(service.pid or 0)
    (child,) = parent.children()
    parent.send_signal(number)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of the child")


def test_one_that_never_started_stops_as_well() -> None:
    service = Service("it", ["false"], os.environ, print)
    stop_all([service], 1, threading.Event())
    assert service.wait(0)
    assert service.pid is None
