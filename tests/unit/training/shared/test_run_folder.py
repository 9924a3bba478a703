"""The folder of a run: what it holds is read back, and a run is never begun over another."""

from pathlib import Path

import numpy as np
import pytest

from training.detection.recipe import Recipe as DetectorRecipe
from training.emotion.recipe import CLASSIC, Recipe
from training.shared.errors import TrainingError
from training.shared.run_folder import RunFolder, commit


def test_recipe_and_origin_are_read_back(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "runs" / "one")
    run.create(CLASSIC, {"commit": "unknown"})
    assert run.recipe(Recipe) == CLASSIC
    assert run.read_json("origin.json") == {"commit": "unknown"}


def test_a_run_is_not_begun_over_another(tmp_path: Path) -> None:
    RunFolder(tmp_path).create(CLASSIC, {})
    with pytest.raises(TrainingError, match="--resume"):
        RunFolder(tmp_path).create(CLASSIC, {})


def test_what_holds_no_run_or_another_kind_of_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run"):
        RunFolder(tmp_path).recipe(Recipe)
    RunFolder(tmp_path).create(DetectorRecipe(), {})
    with pytest.raises(TrainingError, match=r"recipe\.json does not read"):
        RunFolder(tmp_path).recipe(Recipe)


def test_weights_keep_their_order(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.read_weights("best.npz") is None
    weights = [np.full(number, number, np.float32) for number in range(1, 13)]
    run.write_weights("best.npz", weights)
    assert all(map(np.array_equal, run.read_weights("best.npz") or [], weights))
    assert not list(tmp_path.glob("*.partial"))


def test_the_commit_is_that_of_the_repository_or_unknown() -> None:
    assert commit() == "unknown" or len(commit().removesuffix("-dirty")) == 40
