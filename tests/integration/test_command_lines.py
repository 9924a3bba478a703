"""``--help`` explains and starts nothing; an unknown argument is an error."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = ["api", "workers", "capture", "deploy.flower", "deploy.local"]


def run(module: str, argument: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, argument], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("module", MODULES)
def test_help_is_printed_and_nothing_starts(module: str) -> None:
    answer = run(module, "--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(f"usage: python -m {module} ")


@pytest.mark.parametrize("module", MODULES)
def test_an_unknown_argument_is_an_error(module: str) -> None:
    answer = run(module, "--unknown")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "unrecognized arguments: --unknown" in answer.stderr
