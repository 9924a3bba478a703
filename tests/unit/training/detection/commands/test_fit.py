"""``detection fit`` trains into a run folder and goes on with it."""

import json
from pathlib import Path

import pytest

from support.training import make_split, write_folders
from training.cli import main
from training.detection.recipe import Recipe
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder

TINY = [part for change in ("batch=2", "size=64", "warm_up=1", "check_every=2") for part in ("--set", change)]


@pytest.mark.usefixtures("eager")
def test_a_run_is_trained_resumed_and_not_overwritten(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    command, data = ["detection", "fit", "--quiet"], {"MIEN_FACES_DATA": str(archive)}
    assert main([*command, "--out", str(run), "--steps", "2", *TINY], data) == 0
    assert f"{run}/faces.keras" in capsys.readouterr().out
    recipe = RunFolder(run).recipe(Recipe)
    assert (recipe.steps, recipe.batch, recipe.size) == (2, 2, 64)

    assert main([*command, "--resume", str(run), "--steps", "4"], data) == 0
    assert RunFolder(run).recipe(Recipe) == recipe.model_copy(update={"steps": 4})
    steps = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert steps == [2, 4]

    assert main([*command, "--out", str(run), *TINY], data) == 2
    assert "--resume" in capsys.readouterr().err


def test_a_wrong_change_of_the_recipe_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detection", "fit", "--set", "size=100"], {}) == 2
    assert "size" in capsys.readouterr().err


@pytest.mark.usefixtures("eager")
def test_faces_of_fer2013_are_learned_from_where_they_are_named(archive: Path, tmp_path: Path) -> None:
    emotions = Fer2013(make_split(1, 0, 1, votes=False), make_split(1, 1000, 2, votes=False))
    write_folders(tmp_path / "fer", emotions)
    run = tmp_path / "run"
    options = ["--data", str(archive), "--emotions", str(tmp_path / "fer"), "--out", str(run), "--steps", "1"]
    assert main(["detection", "fit", "--quiet", *options, *TINY], {}) == 0
    assert RunFolder(run).read_json("origin.json")["tight_pictures"] == len(emotions.train.names)
