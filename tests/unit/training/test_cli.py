"""The command line answers at once, and says what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from training.cli import main
from training.emotion.recipe import CLASSIC
from training.shared.recipe import change_recipe


@pytest.mark.parametrize(
    "command",
    ["", "fit", "evaluate", "export", "prune", "detection", "detection fit", "detection evaluate", "detection export"],
)
def test_help_needs_no_tensorflow(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([*command.split(), "--help"], {})
    assert done.value.code == 0
    assert "usage: python -m training" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from training.cli import main\ntry: main(['fit', '--help'], {})\nexcept SystemExit: pass\n"
        "print([name for name in ('tensorflow', 'keras', 'cv2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_data_it_says_how_to_give_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit"], {}) == 2
    assert "MIEN_DATA" in capsys.readouterr().err


def test_the_setting_names_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit"], {"MIEN_DATA": str(tmp_path / "nowhere")}) == 2
    assert "no data set at" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert main(["fit", "--device", "gpu", "--data", str(folder)], {}) == 2
    assert "GPU was asked for" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [("mixup=-1", "mixup"), ("speed=3", "speed"), ("mixup", "NAME=VALUE"), ("epochs.x=1", "no parts")],
)
def test_a_wrong_change_of_the_recipe_is_named(change: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--set", change], {}) == 2
    assert message in capsys.readouterr().err


def test_recipes_can_be_changed_in_every_part() -> None:
    changes = ["augmentation.rotation=20", "schedule=constant", "augmentation.flip=false"]
    recipe = change_recipe(CLASSIC, {"epochs": 3, "seed": None}, changes)
    assert recipe.epochs == 3
    assert recipe.schedule == "constant"
    assert recipe.augmentation.rotation == 20
    assert not recipe.augmentation.flip
    assert recipe.seed == CLASSIC.seed


@pytest.mark.parametrize(
    "options", [["--teacher", "runs/one"], ["--set", "teacher_weight=0.5"]], ids=["teacher alone", "weight alone"]
)
def test_a_teacher_and_its_weight_go_together(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--data", "nowhere.zip", *options], {}) != 0
    assert "--teacher" in capsys.readouterr().err
