"""What becomes of the process of an isolated job: a real one for each."""

import errno
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.isolated_jobs import EXIT_AWAY, IsolatedJobs


def test_a_process_that_dies_costs_no_more_than_itself(caplog: pytest.LogCaptureFixture) -> None:
    dies = IsolatedJobs(60, [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"])
    assert dies.run("id") == (f"isolated: ended with {-signal.SIGSEGV}", True)
    assert "the isolated process of job id ended with status -11" in caplog.text


@pytest.mark.parametrize(("error", "counts"), [(errno.ENOMEM, True), (errno.EMFILE, False)])
def test_one_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch, error: int, counts: bool) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("subprocess.Popen", fail)
    assert IsolatedJobs(60).run("id") == ("isolated: not started", counts)


def test_one_that_found_redis_away_says_nothing_of_its_job() -> None:
    away = IsolatedJobs(60, [sys.executable, "-c", f"raise SystemExit({EXIT_AWAY})"])
    assert away.run("id") == (f"isolated: ended with {EXIT_AWAY}", False)


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.isolated_jobs._START_S", 0.0)
    hangs = IsolatedJobs(0.01, [sys.executable, "-c", "while True: pass"])
    assert hangs.run("id") == (f"isolated: ended with {-signal.SIGKILL}", True)


def test_it_leaves_the_graphics_card_to_the_worker_and_computes_with_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_RUNTIME", "keras")
    told = "os.environ['CUDA_VISIBLE_DEVICES'], os.environ['MIEN_RUNTIME']"
    looks = IsolatedJobs(60, [sys.executable, "-c", f"import os; ({told}) == ('-1', 'litert') or exit(3)"])
    assert looks.run("id") == ("isolated: done", False)


def test_one_runs_at_a_time_and_no_thread_waits_for_another(tmp_path: Path) -> None:
    ends, program = tmp_path / "ends", "import sys; sys.argv[2] == 'first' and open(sys.argv[1]).read()"
    os.mkfifo(ends)
    jobs = IsolatedJobs(60, [sys.executable, "-c", program, str(ends)])
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(jobs.run, "first")
        with ends.open("w"):  # which the process has opened then, and it ends when this is closed
            assert jobs.busy
            second = threads.submit(jobs.run, "second")
            assert second.result(timeout=30) == ("isolated: another runs", False)
        assert first.result(timeout=30).text == "isolated: done"
    assert jobs.run("second").text == "isolated: done", "when it is announced again"
    assert not jobs.busy
