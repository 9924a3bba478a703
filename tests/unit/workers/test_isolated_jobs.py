"""What becomes of the process of an isolated job: a real one for each."""

import signal
import sys

import pytest

from workers.isolated_jobs import IsolatedJobs


def test_a_process_that_dies_costs_no_more_than_itself(caplog: pytest.LogCaptureFixture) -> None:
    dies = IsolatedJobs(60, [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"])
    assert dies.run("id") == f"isolated: ended with {-signal.SIGSEGV}"
    assert "the isolated process of job id ended with status -11" in caplog.text


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.isolated_jobs._START_S", 0.0)
    hangs = IsolatedJobs(0.01, [sys.executable, "-c", "while True: pass"])
    assert hangs.run("id") == f"isolated: ended with {-signal.SIGKILL}"
