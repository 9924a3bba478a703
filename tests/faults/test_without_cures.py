"""A suite that cannot fail proves nothing: each cure is taken out of a copy of the code, and its test has to fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("contracts", "models", "workers", "api", "capture", "deploy", "clients", "tests", "pyproject.toml")


class Cure(NamedTuple):
    """One that is taken out."""

    file: str
    cure: str
    without: str
    """What stood there before it, or would stand there."""
    test: str
    missed: str
    """Part of what the test says then, so that it does not fail for another reason."""


CURES: Final = {
    "what is no message is kept from Celery": Cure(
        "workers/consumer.py",
        "message = messages.sound(queue.decode(), raw)",
        "message = raw",
        "tests/faults/test_unreadable_messages.py",
        "the worker died",
    ),
    "so is what is no command": Cure(
        "workers/consumer.py",
        'told["data"] = messages.sound_command(told["data"])',
        "pass",
        "tests/faults/test_unreadable_messages.py::"
        "test_a_command_that_cannot_be_read_is_reported_in_one_line_by_each_worker",
        "in vain for every command to be taken",
    ),
    "a worker that is idle beside work that waits connects anew": Cure(
        "workers/consumer.py",
        "if self._deaf:",
        "if False:",
        "tests/faults/test_deaf_worker.py",
        "accepted jobs to end",
    ),
    "a worker keeps its connection to a Redis that refuses writes": Cure(
        "workers/consumer.py",
        "if not refuses_for_now(error) or",
        "if True or",
        "tests/faults/test_refusing_broker.py",
        "< (",
    ),
    "a client whose job may have been stored is told so, and its id": Cure(
        "contracts/storage/jobs.py",
        "except AcceptanceUnknown:\n            raise\n",
        "except AcceptanceUnknown as error:\n            raise error.__cause__ from None\n",
        "tests/faults/test_lost_answers.py::test_a_step_whose_answer_is_lost_counts_once[create]",
        "a refused job was stored",
    ),
    "a job that was begun comes alone": Cure(
        "contracts/storage/lua/attempt.lua",
        "if attempts > 0 and by.isolated ~= '1' then return 'isolated' end",
        "",
        "tests/faults/test_isolated_jobs.py",
        "the job has killed a second worker",
    ),
    "a connection that died silently is noticed": Cure(
        "contracts/queues.py",
        '"socket_timeout": 5,\n            "health_check_interval": 5,',
        "",
        "tests/faults/test_silent_connections.py",
        "in vain for the jobs that came after",
    ),
    "a result waits for a Redis that is away": Cure(
        "contracts/storage/job_queue.py",
        "return until_answered(lambda: self._run(calls), self._settings.job_time_limit_s)",
        "return self._run(calls)",
        "tests/integration/test_broker_restart.py::test_results_wait_for_redis_to_come_back_longer_than_a_lease",
        "The job store does not answer",
    ),
}


@pytest.mark.slow_fault
@pytest.mark.parametrize("name", CURES)
def test_the_suite_fails_without(name: str, tmp_path: Path) -> None:
    found = CURES[name]
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / part)
    code = tmp_path / found.file
    text = code.read_text(encoding="utf-8")
    assert text.count(found.cure) == 1, "the cure is written in another way by now: name it here"
    code.write_text(text.replace(found.cure, found.without), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", found.test]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    print(run.stdout[-6000:], run.stderr[-2000:])
    assert run.returncode == 1, "the test passed without the cure, or did not run"
    assert found.missed in run.stdout
