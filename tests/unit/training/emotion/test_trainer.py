"""Training learns, repeats, and goes on after a kill."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.training import QUICK, QUICK_CHANGES, answers, weights
from training.emotion.batches import LabelledBatches
from training.emotion.recipe import MIEN, Recipe
from training.emotion.trainer import divide, fit, resume
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013, read_fer2013
from training.shared.run_folder import RunFolder


def test_a_network_learns(classic_run: RunFolder, data: Fer2013) -> None:
    assert (answers(classic_run, data).argmax(1) == data.public_test.labels).mean() > 0.6


def test_a_run_records_where_it_comes_from(classic_run: RunFolder) -> None:
    assert classic_run.recipe(Recipe) == QUICK.model_copy(update={"epochs": 12})
    origin = classic_run.read_json("origin.json")
    assert len(origin["data"]["sha256"]) == 64
    assert origin["data"]["images"] == {"train": 70, "public_test": 21}
    assert origin["commit"]
    history = classic_run.read_json("history.json")
    assert [record["epoch"] for record in history] == list(range(1, 13))
    assert (classic_run.path / "curve.png").stat().st_size > 5000
    assert list((classic_run.path / "logs").glob("events*"))


def test_the_legacy_file_loads_back(classic_run: RunFolder) -> None:
    import keras

    images = np.random.default_rng(1).random((2, 48, 48, 1), np.float32)
    legacy = keras.models.load_model(classic_run.path / "emotion_model.h5", compile=False)
    native = keras.models.load_model(classic_run.path / "network.keras", compile=False)
    assert np.array_equal(legacy.predict(images, verbose=0), native.predict(images, verbose=0))


def test_one_seed_gives_one_network(tmp_path: Path, data: Fer2013) -> None:
    once, again = (fit(QUICK, data, tmp_path / name, source="bars", quiet=True) for name in ("a", "b"))
    for one, other in zip(weights(once), weights(again), strict=True):
        assert np.allclose(one, other, atol=1e-4)


def test_a_killed_run_ends_where_the_unbroken_one_does(
    tmp_path: Path, folder: Path, wait_for: Callable[..., Any]
) -> None:
    data = read_fer2013(folder)
    recipe = QUICK.model_copy(update={"epochs": 20})
    victim = tmp_path / "victim"
    _kill_after_an_epoch(
        ["--data", str(folder), "--out", str(victim), "--epochs", "20", *QUICK_CHANGES], victim, wait_for
    )
    assert RunFolder(victim).recipe(Recipe) == recipe
    assert 1 <= len(RunFolder(victim).read_json("history.json")) < 20
    resumed = resume(victim, data, quiet=True)
    unbroken = fit(recipe, data, tmp_path / "unbroken", source="bars", quiet=True)
    assert len(resumed.read_json("history.json")) == 20
    assert np.abs(answers(resumed, data) - answers(unbroken, data)).mean() < 0.02


def _kill_after_an_epoch(arguments: list[str], run: Path, wait_for: Callable[..., Any]) -> None:
    """Start a run of its own and kill it, with no chance to tidy up, once it has stored an epoch."""
    command = [sys.executable, "-m", "training", "fit", "--network", "classic", "--quiet", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: (run / "history.json").exists() or process.poll() is not None, "the first epoch")
    assert process.poll() is None, "the run ended by itself"
    process.kill()
    process.wait()


def test_a_run_can_be_made_shorter(tmp_path: Path, data: Fer2013) -> None:
    run = RunFolder(tmp_path / "run")
    _stop_after(2, QUICK.model_copy(update={"epochs": 9}), data, run)
    begun = run.recipe(Recipe)
    resumed = resume(run.path, data, begun.model_copy(update={"epochs": 4}), quiet=True)
    assert len(resumed.read_json("history.json")) == 4
    assert resumed.recipe(Recipe).epochs == 4
    assert resumed.read_json("origin.json")["replanned"] == [{"after_epoch": 2, "before": begun.model_dump()}]


def test_a_run_stopped_between_epochs_is_continued_exactly(tmp_path: Path, data: Fer2013) -> None:
    """The state after an epoch holds everything: weights, momentum, mean, and where the random numbers stand."""
    recipe = MIEN.model_copy(
        update={"epochs": 3, "batch": 14, "validation": 0.2, "precision": "float32", "warmup_epochs": 1.0}
    )
    unbroken = fit(recipe, data, tmp_path / "unbroken", source="bars", quiet=True)
    broken = RunFolder(tmp_path / "broken")
    _stop_after(1, recipe, data, broken)
    resumed = resume(broken.path, data, quiet=True)
    for one, other in zip(weights(unbroken), weights(resumed), strict=True):
        assert np.allclose(one, other, atol=1e-4)
    assert len(resumed.read_json("history.json")) == 3


def _stop_after(epochs: int, recipe: Recipe, data: Fer2013, run: RunFolder) -> None:
    """Begin a run and break off in the middle of the epoch after ``epochs``."""

    class Stopped(Exception):
        pass

    whole = LabelledBatches.epoch

    def until(self: LabelledBatches, number: int) -> object:
        if number == epochs:
            raise Stopped
        return whole(self, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LabelledBatches, "epoch", until)
        with pytest.raises(Stopped):
            fit(recipe, data, run.path, source="bars", quiet=True)


def test_a_run_stops_at_its_deadline_and_is_resumed(tmp_path: Path, data: Fer2013) -> None:
    run = fit(QUICK, data, tmp_path / "run", source="bars", deadline=0.0, quiet=True)
    assert len(run.read_json("history.json")) == 1
    assert not (run.path / "network.keras").exists()
    resume(run.path, data, quiet=True)
    assert (run.path / "network.keras").exists()


def test_the_last_network_is_kept_where_the_recipe_says_so(tmp_path: Path, data: Fer2013) -> None:
    recipe = QUICK.model_copy(update={"keep": "last", "learning_rate": 1e-9})
    run = RunFolder(tmp_path / "run")
    fit(recipe, data, run.path, source="bars", quiet=True)
    kept = run.read_weights("best.npz")
    state = run.read_arrays("state.npz")
    assert kept is not None
    assert state is not None
    assert all(any(np.array_equal(weight, value) for value in state.values()) for weight in kept)


def test_a_fold_that_is_left_out_is_neither_trained_on_nor_validated_with(data: Fer2013) -> None:
    parts = [divide(data, QUICK.model_copy(update={"folds": 3, "fold": fold})) for fold in range(3)]
    whole, validation = divide(data, QUICK)
    for training, held in parts:
        assert held.names == validation.names
        assert set(training.names) < set(whole.names)
    left_out = [set(whole.names) - set(training.names) for training, _ in parts]
    assert set.union(*left_out) == set(whole.names)
    assert sum(map(len, left_out)) == len(whole)


def test_a_run_is_not_overwritten(classic_run: RunFolder, data: Fer2013) -> None:
    with pytest.raises(TrainingError, match="--resume"):
        fit(QUICK, data, classic_run.path, source="bars", quiet=True)


def test_a_run_is_not_continued_on_other_data(classic_run: RunFolder, data: Fer2013) -> None:
    with pytest.raises(TrainingError, match="not what the run"):
        resume(classic_run.path, Fer2013(data.public_test, data.train), quiet=True)


def test_what_holds_no_run_cannot_be_continued(tmp_path: Path, data: Fer2013) -> None:
    with pytest.raises(TrainingError, match="holds no run"):
        resume(tmp_path, data, quiet=True)


def test_training_stops_early_when_nothing_improves(tmp_path: Path, data: Fer2013) -> None:
    recipe = QUICK.model_copy(update={"epochs": 30, "patience": 2, "learning_rate": 1e-7})
    history = fit(recipe, data, tmp_path / "run", source="bars", quiet=True).read_json("history.json")
    accuracies = [record["validation_accuracy"] for record in history]
    assert len(history) < 30
    assert accuracies.index(max(accuracies)) == len(history) - 3


def test_too_few_images_for_a_batch_are_refused(tmp_path: Path, data: Fer2013) -> None:
    with pytest.raises(TrainingError, match="do not fill a batch"):
        fit(QUICK.model_copy(update={"batch": 64}), data, tmp_path / "run", source="bars", quiet=True)
