"""Options that all commands share."""

import argparse
from pathlib import Path

import pytest

from training.cli import main
from training.emotion.recipe import CLASSIC, Recipe
from training.shared.errors import DataError
from training.shared.options import add_data_option, add_run_options, data_path, new_run_folder, read_recipe
from training.shared.run_folder import RunFolder


def test_a_gpu_that_is_not_there_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert main(["fit", "--device", "gpu", "--data", str(folder)], {}) == 2
    assert "GPU was asked for" in capsys.readouterr().err


def arguments(options: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_data_option(parser, "MIEN_DATA", None, "anything")
    add_run_options(parser, Recipe, "classic")
    parser.add_argument("--epochs", type=int)
    return parser.parse_args(options)


def test_a_new_run_begins_with_its_recipe_and_a_folder_of_its_own() -> None:
    chosen = arguments(["--epochs", "4", "--set", "batch=8"])
    recipe = read_recipe(chosen, Recipe, lambda: CLASSIC, ("epochs",))
    assert (recipe.epochs, recipe.batch, recipe.seed) == (4, 8, CLASSIC.seed)
    assert new_run_folder(chosen, "classic").name.startswith("classic-")
    assert new_run_folder(arguments(["--out", "here"]), "classic") == Path("here")


def test_a_resumed_run_goes_on_with_its_own_recipe(tmp_path: Path) -> None:
    RunFolder(tmp_path).create(CLASSIC.model_copy(update={"batch": 8}), {})
    recipe = read_recipe(arguments(["--resume", str(tmp_path), "--seed", "5"]), Recipe, lambda: CLASSIC, ("epochs",))
    assert recipe == CLASSIC.model_copy(update={"batch": 8, "seed": 5})


def test_data_that_is_not_given_is_asked_for() -> None:
    with pytest.raises(DataError, match=r"Where is FER2013.*MIEN_DATA"):
        data_path(arguments([]), "FER2013")
    assert data_path(arguments(["--data", "fer.zip"]), "FER2013") == Path("fer.zip")
