"""The data set is given by an option or a setting."""

from pathlib import Path

import pytest

from training.cli import main


def test_without_data_it_says_how_to_give_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit"], {}) == 2
    assert "MIEN_DATA" in capsys.readouterr().err


def test_the_setting_names_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit"], {"MIEN_DATA": str(tmp_path / "nowhere")}) == 2
    assert "no data set at" in capsys.readouterr().err
