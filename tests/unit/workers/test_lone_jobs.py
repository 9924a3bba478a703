"""What becomes of the process in which a job runs alone: a real one for each."""

import signal
import sys

import pytest

from workers.lone_jobs import LoneJobs


def test_a_process_that_dies_costs_no_more_than_itself(caplog: pytest.LogCaptureFixture) -> None:
    dies = LoneJobs(60, [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"])
    assert dies.run("id") == f"alone: ended with {-signal.SIGSEGV}"
    assert "job id ran alone, and its process ended with status -11" in caplog.text


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.lone_jobs._START_S", 0.0)
    hangs = LoneJobs(0.01, [sys.executable, "-c", "while True: pass"])
    assert hangs.run("id") == f"alone: ended with {-signal.SIGKILL}"
