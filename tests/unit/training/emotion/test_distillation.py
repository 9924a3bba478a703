"""A network learns from another's answers, or begins with its weights."""

from pathlib import Path

import numpy as np
import pytest

from models.classification import load_classifier
from support.training import QUICK, answers, weights
from training.emotion.distillation import ensemble
from training.emotion.recipe import MIEN
from training.emotion.trainer import fit, resume
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder


def test_a_network_learns_from_a_teacher_and_names_it(classic_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    """The labels are of no weight: whatever is learned comes from the teacher. A resumed run has it too."""
    recipe = QUICK.model_copy(update={"teacher_weight": 1.0, "epochs": 24})
    run = fit(recipe, data, tmp_path / "student", source="bars", teachers=[classic_run.path], quiet=True)
    run = resume(run.path, data, recipe.model_copy(update={"epochs": 25}), quiet=True)

    assert (answers(run, data).argmax(1) == answers(classic_run, data).argmax(1)).mean() > 0.5
    (teacher,) = run.read_json("origin.json")["teachers"]
    assert teacher["run"] == classic_run.path.name


def test_a_teacher_must_have_finished(data: Fer2013, tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"teacher_weight": 0.5})
    RunFolder(tmp_path / "begun").create(recipe, {"commit": "unknown"})
    with pytest.raises(TrainingError, match=r"network\.keras"):
        fit(recipe, data, tmp_path / "student", source="bars", teachers=[tmp_path / "begun"], quiet=True)


def test_a_run_may_begin_with_the_weights_of_another(classic_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"epochs": 1, "learning_rate": 1e-9})
    run = fit(recipe, data, tmp_path / "second", source="bars", begin_with=classic_run.path, quiet=True)

    for mine, theirs in zip(weights(run), weights(classic_run), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
    assert run.read_json("origin.json")["begun_with"][0]["run"] == classic_run.path.name


def test_weights_of_another_kind_of_network_are_refused(classic_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="do not fit mien"):
        fit(MIEN, data, tmp_path / "second", source="bars", begin_with=classic_run.path, quiet=True)


def test_finished_networks_answer_together_and_of_voters_those_that_know_them(data: Fer2013) -> None:
    one, other = load_classifier("mien-2"), load_classifier("mien-3")
    images = data.train.images[:5]
    said = ensemble([one, other])(images.astype(np.float32))
    assert np.allclose(said[:, :7], (one.predict(images) + other.predict(images)) / 2)
    assert np.allclose(said[:, 7:], other.predict_votes(images))
    assert ensemble([one])(images.astype(np.float32)).shape == (5, 7)
