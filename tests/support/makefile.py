"""What `make` would run."""

import os
import shutil
import subprocess
from pathlib import Path


def make(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The answer of GNU make in the folder of the project."""
    program = shutil.which("make")
    assert program, "GNU make is needed"
    # A `make test` that runs these tests would hand its own options down, and the two would speak as one family.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run([program, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False)


def recipe(root: Path, word: str) -> list[str]:
    """The commands of a word, with everything installed in .venv and on two processes."""
    installed = [option for extra in ("dev", "local") for option in ("-o", f".venv/.installed-{extra}")]
    answer = make(root, "--dry-run", word, "VENV=.venv", "JOBS=2", *installed)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()
