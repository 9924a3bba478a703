"""A distillation runs to its end, however often it is killed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.classification import EmotionCard
from models.weights import load_weights
from support.training import QUICK, QUICK_CHANGES, weights
from training.emotion.distill import STUDENT, begin, distill, replan
from training.emotion.recipe import Distillation
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013, read_fer2013
from training.shared.run_folder import RunFolder

SMALL = Distillation(
    folds=2,
    views=12,
    teacher=QUICK.model_copy(update={"epochs": 4}),
    student=QUICK.model_copy(update={"epochs": 6, "teacher_weight": 0.5, "keep": "last"}),
)
"""The classic network, which is built in a moment."""

CHANGES = [
    part
    for role, more in (("teacher", {"epochs": 4}), ("student", {"epochs": 6, "teacher_weight": 0.5, "keep": "last"}))
    for change in (
        *[part for part in QUICK_CHANGES if part != "--set"],
        *("network=classic", "batch=8", "optimizer=adam", "warmup_epochs=0", "weight_decay=0", "label_smoothing=0"),
        *(
            "votes_weight=0",
            "votes_head=0",
            "blur=false",
            "class_balance=0",
            "precision=float32",
            "keep=best",
            "plain_epochs=0",
        ),
        *("augmentation.stretch=0", "augmentation.shift=0", "augmentation.brightness=0", "augmentation.contrast=0"),
        *("augmentation.erase=0", "augmentation.coarse=0"),
        *(f"{name}={value}" for name, value in more.items()),
    )
    for part in ("--set", f"{role}.{change}")
]
"""The recipe ``SMALL`` as the command line spells it."""


def test_a_distillation_killed_at_each_step_ends_where_the_unbroken_one_does(
    tmp_path: Path, folder: Path, wait_for: Callable[..., Any]
) -> None:
    data, victim, unbroken = read_fer2013(folder), tmp_path / "victim", tmp_path / "unbroken"
    steps = {"teacher-1": "teacher-1/history.json", "views": "views/000.npz", STUDENT: f"{STUDENT}/history.json"}
    finished = {"teacher-1": "teacher-1/network.keras", "views": "views/011.npz", STUDENT: f"{STUDENT}/network.keras"}
    options = ["--out", str(victim), "--folds", "2", "--views", "12", *CHANGES]
    for step, sign in steps.items():
        _kill_when(victim / sign, ["--data", str(folder), *options], wait_for)
        assert not (victim / finished[step]).exists(), f"the kill came too late for {step}"
        options = ["--resume", str(victim)]
    assert RunFolder(victim).recipe(Distillation) == SMALL
    assert distill(victim, data, quiet=True) == []

    begin(unbroken, SMALL, data, "bars")
    assert distill(unbroken, data, quiet=True) == []
    for one, other in zip(weights(RunFolder(victim / STUDENT)), weights(RunFolder(unbroken / STUDENT)), strict=True):
        assert np.allclose(one, other, atol=1e-4)
    origin = RunFolder(victim / STUDENT).read_json("origin.json")
    assert [teacher["recipe"]["fold"] for teacher in origin["teachers"]] == [0, 1]
    assert origin["distilled"]["views"] == 12


def _kill_when(sign: Path, options: list[str], wait_for: Callable[..., Any]) -> None:
    """Run the command in a process of its own and kill it, with no chance to tidy up, once ``sign`` is there."""
    command = [sys.executable, "-m", "training", "distill", "--quiet", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: sign.exists() or process.poll() is not None, str(sign))
    assert process.poll() is None, "the distillation ended by itself"
    process.kill()
    process.wait()


def test_a_distillation_stops_at_its_deadline_and_says_what_is_left(data: Fer2013, tmp_path: Path) -> None:
    recipe, said = SMALL.model_copy(update={"views": 2}), list[str]()
    begin(tmp_path / "run", recipe, data, "bars")
    left = distill(tmp_path / "run", data, deadline=0.0, quiet=True, say=said.append)
    assert left == [
        "teacher-0: 4 of 4 epochs",
        "teacher-1: 4 of 4 epochs",
        "2 of 2 views",
        "student: 6 of 6 epochs",
    ]
    assert said == []


def test_finished_networks_teach_without_a_training_of_their_own(data: Fer2013, tmp_path: Path) -> None:
    run, said = tmp_path / "run", list[str]()
    begin(run, SMALL.model_copy(update={"views": 2, "networks": ("mien-2-narrow",)}), data, "bars")
    assert distill(run, data, quiet=True, say=said.append) == []
    assert said == ["View 1 of 2.", "View 2 of 2.", "The student."]
    assert {path.name for path in run.iterdir() if path.is_dir()} == {"views", STUDENT}
    _, card = load_weights("mien-2-narrow", EmotionCard)
    (teacher,) = RunFolder(run / STUDENT).read_json("origin.json")["teachers"]
    assert teacher == {"network": "mien-2-narrow", "sha256": card.sha256}


def test_only_the_student_can_be_planned_anew(data: Fer2013, tmp_path: Path) -> None:
    begin(tmp_path / "run", SMALL, data, "bars")
    longer = SMALL.model_copy(update={"student": SMALL.student.model_copy(update={"epochs": 40})})
    replan(tmp_path / "run", longer)
    assert RunFolder(tmp_path / "run").recipe(Distillation) == longer
    with pytest.raises(TrainingError, match="student"):
        replan(tmp_path / "run", SMALL.model_copy(update={"views": 5}))


def test_other_data_is_refused(data: Fer2013, tmp_path: Path) -> None:
    begin(tmp_path / "run", SMALL, data, "bars")
    with pytest.raises(TrainingError, match="not what the distillation"):
        distill(tmp_path / "run", Fer2013(data.public_test, data.train), quiet=True)
