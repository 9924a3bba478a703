"""``distill`` says what is left, and goes on."""

from pathlib import Path

import pytest

from training.cli import main
from training.emotion.recipe import Distillation
from training.shared.run_folder import RunFolder


def test_the_command_keeps_its_time_and_names_how_to_go_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    options = ["--views", "2", "--folds", "2", "--epochs", "4", "--teacher-epochs", "3", "--minutes", "1e-9"]
    options += ["--set", "teacher.validation=0.2"]
    assert main(["distill", "--data", str(folder), "--out", str(run), *options], {}) == 0
    printed = capsys.readouterr().out
    assert "Left: teacher-0: 3 of 3 epochs, teacher-1: 3 of 3 epochs, 2 of 2 views, student: 4 of 4 epochs." in printed
    assert f"--resume {run}" in printed

    assert main(["distill", "--data", str(folder), "--resume", str(run), "--epochs", "5", "--minutes", "1e-9"], {}) == 0
    assert "student: 5 of 5 epochs" in capsys.readouterr().out
    assert RunFolder(run).recipe(Distillation).teacher.epochs == 3
