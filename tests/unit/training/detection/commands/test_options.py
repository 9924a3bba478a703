"""The face data is given by an option or a setting."""

from pathlib import Path

import pytest

from training.cli import main


def test_without_data_it_says_how_to_give_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detection", "fit"], {}) == 2
    assert "MIEN_FACES_DATA" in capsys.readouterr().err


def test_the_option_counts_more_than_the_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setting, option = str(tmp_path / "setting.zip"), str(tmp_path / "option.zip")
    assert main(["detection", "fit", "--data", option], {"MIEN_FACES_DATA": setting}) == 2
    assert f"no face data at {option}" in capsys.readouterr().err
