"""One camera's process, stood in for by a few lines of Python that report what the test wants."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import psutil
import pytest

from capture import states
from capture.reports import Report
from capture.supervised import SupervisedCamera
from capture.turns import Turns
from contracts.cameras import CameraSettings
from support.clocks import WaitFor

Start = Callable[..., SupervisedCamera]
BEGIN = """
import json, os, sys, time
camera = json.loads(sys.stdin.readline())
def say(**report):
    print(json.dumps(report), flush=True)
def read_on():
    while True:
        say(event="read")
        time.sleep(0.05)
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts supervised cameras whose processes run a script."""
    started: list[SupervisedCamera] = []

    def start(script: str, source: str = "rtsp://anna:secret@camera/live", **options: Any) -> SupervisedCamera:
        camera = CameraSettings(name="hall", source=source)
        own = {"command": [sys.executable, "-c", BEGIN + script], "delays": lambda: repeat(0.05)}
        supervised = SupervisedCamera(camera, **{**own, **options})
        started.append(supervised)
        supervised.start()
        return supervised

    yield start
    for supervised in started:
        supervised.stop()
    for supervised in started:
        supervised.join()
        assert supervised.pid is None or not psutil.pid_exists(supervised.pid)


def test_it_is_live_while_images_come_and_its_process_ends_with_it(start: Start, wait_for: WaitFor) -> None:
    changes: list[float] = []
    camera = start('say(event="opened", kind="rtsp"); read_on()', on_change=lambda: changes.append(time.monotonic()))
    wait_for(lambda: camera.status.state == "live", "images")
    assert changes


def test_its_process_is_told_the_source_on_its_standard_input_alone(start: Start, wait_for: WaitFor) -> None:
    camera = start('assert "sec" + "ret" in camera["source"]; read_on()')
    wait_for(lambda: camera.status.state == "live", "images")
    process = psutil.Process(camera.pid)
    assert "secret" not in str(process.cmdline()) + str(process.environ())


def test_its_process_starts_no_thread_a_core(start: Start, wait_for: WaitFor) -> None:
    camera = start("import numpy; read_on()")
    wait_for(lambda: camera.status.state == "live", "images")
    assert psutil.Process(camera.pid).num_threads() == 1


def test_a_process_that_says_why_it_ends_is_started_again(
    start: Start, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    camera = start('say(event="lost", reason="nobody is there", sentence="It: nobody")')
    wait_for(lambda: camera.status.state == "gone", "the end")
    first = camera.pid
    wait_for(lambda: camera.pid != first, "another process")
    assert camera.status.reason == "Nobody is there."
    assert [record.getMessage() for record in caplog.records] == ["The camera is gone. Nobody is there."]


def test_a_process_that_is_killed_is_started_again(start: Start, wait_for: WaitFor) -> None:
    camera = start("read_on()", delays=lambda: iter([0.01, 600]))
    wait_for(lambda: camera.status.state == "live", "images")
    first = camera.pid
    assert first
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: camera.status.state == "live" and camera.pid != first, "another process")
    assert camera.pid
    os.kill(camera.pid, signal.SIGKILL)
    wait_for(lambda: camera.status.state == "gone", "the end of that one")
    assert camera.status.reason == "Its process has ended unexpectedly (SIGKILL)."


def test_a_silent_process_is_killed_even_if_it_hears_nothing(
    start: Start, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "STALLED_AFTER_S", 0.5)
    monkeypatch.setattr(states, "ENDED_AFTER_S", 1.0)
    camera = start("read_on()")
    wait_for(lambda: camera.status.state == "live", "images")
    first = camera.pid
    assert first
    os.kill(first, signal.SIGSTOP)
    wait_for(lambda: camera.status.state == "stalled", "the silence to be told")
    wait_for(lambda: camera.status.state == "live" and camera.pid != first, "another process")


def test_cameras_wait_for_each_others_processes_to_begin(
    start: Start, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(states, "ENDED_AFTER_S", 0.1)
    one_by_one, go = Turns(at_once=1), tmp_path / "go"
    slow = f'while not os.path.exists({str(go)!r}): time.sleep(0.02)\nsay(event="opening"); read_on()'
    first = start(slow, turns=one_by_one)
    wait_for(lambda: first.pid, "a first process")
    second = start(slow, turns=one_by_one)
    began = time.monotonic()
    wait_for(lambda: time.monotonic() > began + 0.6, "some looks")
    assert second.pid is None
    assert first.status.state == second.status.state == "connecting", "it is not the source that is slow"
    go.touch()
    wait_for(lambda: first.status.state == second.status.state == "live", "both")


def test_a_source_that_refuses_is_told_as_such_while_the_next_process_starts(
    start: Start, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "ENDED_AFTER_S", 0.1)
    told: list[str | None] = []
    script = 'time.sleep(0.5); say(event="opening"); say(event="lost", reason="nobody is there")'
    camera = start(script, on_change=lambda: told.append(camera.status.reason))
    first = wait_for(lambda: camera.status.state == "gone" and camera.pid, "the end")
    second = wait_for(lambda: camera.pid != first and camera.pid, "a second process")
    wait_for(lambda: camera.pid not in {first, second}, "a third one")
    assert told == ["Nobody is there."]


def test_what_was_decided_once_stays_so(start: Start, wait_for: WaitFor, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f'open({str(told)!r}, "a").write(camera["source"] + " "); say(event="opened", kind="device", source="0")'
    camera = start(script, source="auto")
    wait_for(lambda: told.exists() and told.read_text().startswith("auto 0 0"), "three processes")
    assert camera.status.kind == "device"


def test_one_that_was_to_be_shown_once_is_not_started_again(start: Start, wait_for: WaitFor) -> None:
    camera = start('read_on if 0 else say(event="ended", reason="the film has been shown to its end")')
    wait_for(lambda: not camera._thread.is_alive(), "the end")
    assert (camera.status.state, camera.status.reason) == ("gone", "The film has been shown to its end.")


@pytest.mark.parametrize("read_before", [False, True])
def test_a_mistake_may_be_final(start: Start, wait_for: WaitFor, read_before: bool) -> None:
    told: list[tuple[str, bool]] = []

    def on_failure(report: Report, was_live: bool) -> bool:
        told.append((report.event, was_live))
        return True

    before = 'say(event="read"); ' if read_before else ""
    camera = start(f'{before}say(event="unusable", reason="no")', on_failure=on_failure)
    wait_for(lambda: not camera._thread.is_alive(), "the end")
    assert told == [("unusable", read_before)]


def test_pauses_begin_anew_after_half_a_good_minute(
    start: Start, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "GOOD_S", 0.1)
    series: list[int] = []

    def delays() -> Iterator[float]:
        series.append(1)
        yield from repeat(0.01)

    start('say(event="read"); time.sleep(0.3); say(event="read"); say(event="lost", reason="x")', delays=delays)
    wait_for(lambda: len(series) >= 3, "fresh series")


def test_a_machine_without_room_for_a_process_is_tried_again(start: Start, wait_for: WaitFor) -> None:
    pauses: list[float] = []

    def delays() -> Iterator[float]:
        while True:
            pauses.append(0.01)
            yield 0.01

    camera = start("", command=["/no/such/program"], delays=delays)
    wait_for(lambda: len(pauses) >= 3, "attempts")
    assert camera.status.reason == "No process can be started for it (No such file or directory)."
