"""The words of the Makefile."""

import shutil
import subprocess
from pathlib import Path

import pytest

WORDS = ("bench", "check", "lock", "test", "train", "up")


def make(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("make")
    assert program, "GNU make is needed"
    return subprocess.run([program, *arguments], cwd=root, capture_output=True, text=True, check=False)


def test_without_a_word_it_lists_them(root: Path) -> None:
    answer = make(root)
    assert answer.returncode == 0
    listed = [line.split()[0] for line in answer.stdout.splitlines()[1:]]
    assert set(WORDS) <= set(listed)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_known_to_make(root: Path, word: str) -> None:
    answer = make(root, "--dry-run", word, "DATA=fer2013.zip")
    assert answer.returncode == 0, answer.stderr


def test_the_number_of_workers_is_passed_on(root: Path) -> None:
    assert "-m deploy.local --workers 3" in make(root, "--dry-run", "up", "WORKERS=3").stdout


def test_training_asks_for_its_data(root: Path, tmp_path: Path) -> None:
    answer = make(root, "train", "DATA=", f"VENV={tmp_path}", "-o", f"{tmp_path}/.installed-training")
    assert answer.returncode != 0
    assert "make train DATA=/path/to/fer2013.zip" in answer.stdout


def test_an_unsuitable_python_is_refused_in_words(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text('#!/bin/sh\necho "Mien needs Python" >&2\nexit 1\n')
    old.chmod(0o755)
    answer = make(root, "up", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert answer.returncode != 0
    assert not (tmp_path / "venv").exists()
