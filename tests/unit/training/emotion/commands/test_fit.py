"""``fit`` trains, and says what is wrong before it reads the data."""

import pytest

from training.cli import main


@pytest.mark.parametrize(
    ("change", "message"),
    [("mixup=-1", "mixup"), ("speed=3", "speed"), ("mixup", "NAME=VALUE"), ("epochs.x=1", "no parts")],
)
def test_a_wrong_change_of_the_recipe_is_named(change: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--set", change], {}) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--teacher", "runs/one"], ["--set", "teacher_weight=0.5"]], ids=["teacher alone", "weight alone"]
)
def test_a_teacher_and_its_weight_go_together(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--data", "nowhere.zip", *options], {}) != 0
    assert "--teacher" in capsys.readouterr().err
