"""What an audit says: a vulnerability, none, or that nothing is known."""

import json
import subprocess
from typing import Any

import pytest

from deploy import audit

SOUND = {"name": "redis", "version": "7.0", "vulns": []}
FAULTY = {"name": "flask", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}]}
SKIPPED = {"name": "celery", "version": "5.7", "skip_reason": "not found"}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what pip-audit prints."""

    def set_answer(output: str, errors: str = "", status: int = 0) -> None:
        done = subprocess.CompletedProcess([], status, output, errors)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    return set_answer


def test_no_vulnerability(answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answers(json.dumps({"dependencies": [SOUND]}))
    assert audit.main([]) == 0
    assert capsys.readouterr().out == "No known vulnerability in 1 packages.\n"


def test_a_vulnerability_is_named_and_fails(answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answers(json.dumps({"dependencies": [SOUND, FAULTY, SKIPPED]}), status=1)
    assert audit.main([]) == 1
    assert capsys.readouterr().out == "flask 1.0: PYSEC-1, mended in 1.1.\n"


@pytest.mark.parametrize(
    ("output", "errors", "says"),
    [
        ("", "DEBUG\nERROR: no connection", "Nothing was audited. ERROR: no connection"),
        ("", "", "Nothing was audited. pip-audit ended with status 1."),
        (json.dumps({"dependencies": [SOUND, SKIPPED]}), "", "knows nothing of 1 of 2 packages, or cannot be reached."),
    ],
)
def test_where_nothing_is_known_it_is_said_and_no_failure(
    answers: Any,
    capsys: pytest.CaptureFixture[str],
    output: str,
    errors: str,
    says: str,
) -> None:
    answers(output, errors, 1)
    assert audit.main([]) == 0
    assert says in capsys.readouterr().out
