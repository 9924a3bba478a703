"""Cross-fitted distillation from the first teacher to the student, in a folder that says what is done.

::

    recipe.json, origin.json    of the whole
    teacher-0/ …                run folders: teacher i was trained without part i of the training images
    views/000.npz …             what the teachers answer to views of images that they were trained without
    student/                    run folder of the network that is wanted

Every step is taken up where it was left, so the command is simply given again.
"""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Final

import numpy as np

from models.classification import load_classifier
from training.emotion.distillation import describe_networks, describe_runs, ensemble, teacher_of
from training.emotion.recipe import Distillation, Recipe
from training.emotion.trainer import describe_origin, fit, resume
from training.emotion.views import Teacher, Views
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013, fingerprint, fold_of, hold_out
from training.shared.run_folder import RunFolder

STUDENT: Final = "student"


def begin(folder: Path, recipe: Distillation, data: Fer2013, source: str) -> None:
    """Begin a distillation.

    Raises:
        TrainingError: the folder holds a run.
    """
    RunFolder(folder).create(recipe, describe_origin(data, source))


def replan(folder: Path, recipe: Distillation) -> None:
    """Give a distillation that was begun another recipe for what remains of its student.

    Raises:
        TrainingError: there is none, or something besides the student would change.
    """
    run = RunFolder(folder)
    before = run.recipe(Distillation)
    if recipe.model_copy(update={"student": before.student}) != before:
        raise TrainingError("Only the student's arguments can be changed once a distillation has begun.")
    if recipe != before:
        run.write_json("recipe.json", recipe.model_dump())


def distill(
    folder: Path,
    data: Fer2013,
    *,
    deadline: float | None = None,
    quiet: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> list[str]:
    """Go on with a distillation until it is done, or until the deadline.

    Args:
        folder: that :func:`begin` made.
        data: that it was begun with.
        deadline: when to stop, on the clock of ``time.monotonic``.
        quiet: no progress bars.
        say: is told what is being done.

    Returns:
        What is left to do; nothing when the student is finished.

    Raises:
        TrainingError: there is no distillation, or the data is not what it was begun with.
    """
    run = RunFolder(folder)
    recipe = run.recipe(Distillation)
    origin = run.read_json("origin.json")["data"]
    if origin["sha256"] != fingerprint(data):
        raise TrainingError(f"The data is not what the distillation in {folder} was begun with.")
    source = str(origin["name"])
    training, _ = hold_out(data.train, recipe.teacher.validation, recipe.seed)
    views = Views(folder / "views", training.images, recipe.view, recipe.views, recipe.seed)
    teachers = [] if recipe.networks else [folder / f"teacher-{fold}" for fold in range(recipe.folds)]
    for fold, teacher in enumerate(teachers):
        if not _is_finished(teacher) and not _is_over(deadline):
            say(f"Teacher {fold + 1} of {recipe.folds}, trained without part {fold}.")
            _train(teacher, recipe.teacher_without(fold), data, source, deadline=deadline, quiet=quiet)
    if all(map(_is_finished, teachers)) and views.missing():
        if recipe.networks:
            _answer(
                views, [ensemble(list(map(load_classifier, recipe.networks)))], np.zeros(len(training)), deadline, say
            )
        else:
            left_out = fold_of(training, recipe.folds, recipe.seed)
            _answer(views, [teacher_of(teacher) for teacher in teachers], left_out, deadline, say)
    if all(map(_is_finished, teachers)) and not views.missing() and not _is_over(deadline):
        student = folder / STUDENT
        if not _is_finished(student):
            say("The student.")
            told = {
                "teachers": describe_networks(recipe.networks) if recipe.networks else describe_runs(teachers),
                "distilled": recipe.model_dump(exclude={"teacher", "student"}),
            }
            how = {"views": views, "deadline": deadline, "quiet": quiet}
            _train(student, recipe.learner(), data, source, origin=told, **how)
    return _left(folder, recipe, views, teachers)


def _train(
    folder: Path, recipe: Recipe, data: Fer2013, source: str, origin: dict[str, Any] | None = None, **how: Any
) -> None:
    """Begin a run, or go on with it."""
    if (folder / "recipe.json").exists():
        resume(folder, data, recipe, **how)
    else:
        fit(recipe, data, folder, source=source, origin=origin, **how)


def _answer(
    views: Views, teachers: list[Teacher], left_out: np.ndarray, deadline: float | None, say: Callable[[str], object]
) -> None:
    for number in views.missing():
        if _is_over(deadline):
            return
        say(f"View {number + 1} of {views.count}.")
        views.answer(number, teachers, left_out)


def _left(folder: Path, recipe: Distillation, views: Views, teachers: list[Path]) -> list[str]:
    left = [_epochs_left(teacher, recipe.teacher.epochs) for teacher in teachers if not _is_finished(teacher)]
    if missing := len(views.missing()):
        left.append(f"{missing} of {views.count} views")
    student = folder / STUDENT
    return left if _is_finished(student) else [*left, _epochs_left(student, recipe.student.epochs)]


def _epochs_left(folder: Path, epochs: int) -> str:
    history = folder / "history.json"
    done = len(RunFolder(folder).read_json("history.json")) if history.exists() else 0
    return f"{folder.name}: {epochs - done} of {epochs} epochs"


def _is_finished(folder: Path) -> bool:
    return (folder / "network.keras").exists()


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and monotonic() >= deadline
