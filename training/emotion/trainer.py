"""Trains a network into a run folder; a killed run resumes where its last full epoch ended."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from tqdm import tqdm

from contracts.emotions import EMOTIONS, VOTED
from training.emotion.batches import Batches, LabelledBatches, ViewedBatches
from training.emotion.distillation import (
    add_teacher_probabilities,
    describe_runs,
    first_weights,
    restore_teacher_probabilities,
    store_teacher_probabilities,
)
from training.emotion.learner import Learner
from training.emotion.plots import draw_curve
from training.emotion.recipe import Recipe
from training.emotion.targets import soft_targets, vote_shares
from training.emotion.views import Views
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013, Split, fingerprint, fold_of, hold_out
from training.shared.run_folder import RunFolder, commit

Record = dict[str, float]


def fit(
    recipe: Recipe,
    data: Fer2013,
    folder: Path,
    *,
    source: str,
    teachers: Sequence[Path] = (),
    begin_with: Path | None = None,
    views: Views | None = None,
    origin: Mapping[str, Any] | None = None,
    deadline: float | None = None,
    quiet: bool = False,
) -> RunFolder:
    """Train from the start.

    Args:
        recipe: of the run.
        data: to train and validate with.
        folder: of the run.
        source: what the data is called in ``origin.json``.
        teachers: run folders whose networks are learned from, by the recipe's ``teacher_weight``.
        begin_with: run folder whose network's weights the training starts from, instead of random ones.
        views: what is seen instead of images that are changed anew, with teachers' answers.
        origin: what else ``origin.json`` says.
        deadline: when to stop between two epochs, on the clock of ``time.monotonic``; the run is resumed then.
        quiet: no progress bar.

    Raises:
        TrainingError: the folder holds a run, or a teacher has not finished.
        DataError: the data cannot be divided.
    """
    run = RunFolder(folder)
    told = describe_origin(data, source) | dict(origin or {})
    if teachers:
        data = add_teacher_probabilities(data, teachers)
        told |= {"teachers": describe_runs(teachers)}
    weights = None
    if begin_with is not None:
        weights = first_weights(begin_with, recipe)
        told |= {"begun_with": describe_runs([begin_with])}
    run.create(recipe, told)
    store_teacher_probabilities(run, data)
    if weights is not None:
        run.write_weights("start.npz", weights)
    return train(run, recipe, data, quiet, views=views, deadline=deadline)


def resume(
    folder: Path,
    data: Fer2013,
    recipe: Recipe | None = None,
    *,
    views: Views | None = None,
    deadline: float | None = None,
    quiet: bool = False,
) -> RunFolder:
    """Go on with a run after its last full epoch.

    Args:
        folder: of the run.
        data: that the run started with.
        recipe: another one than it started with, such as a longer one, holds from there on; ``origin.json`` says so.
        views: that the run started with.
        deadline: as of :func:`fit`.
        quiet: no progress bar.

    Raises:
        TrainingError: there is no run, or the data is not what it started with.
    """
    run = RunFolder(folder)
    before = run.recipe(Recipe)
    origin = run.read_json("origin.json")
    if origin["data"]["sha256"] != fingerprint(data):
        raise TrainingError(f"The data is not what the run in {folder} was begun with.")
    if recipe is not None and recipe != before:
        done = len(run.read_json("history.json")) if (folder / "history.json").exists() else 0
        change = {"after_epoch": done, "before": before.model_dump()}
        run.write_json("origin.json", origin | {"replanned": [*origin.get("replanned", []), change]})
        run.write_json("recipe.json", recipe.model_dump())
    return train(run, recipe or before, data, quiet, views=views, deadline=deadline)


def describe_origin(data: Fer2013, source: str) -> dict[str, Any]:
    """Where a run comes from: data, commit, versions."""
    import keras
    import tensorflow as tf

    splits = {"train": data.train, "public_test": data.public_test, "private_test": data.private_test}
    sizes = {name: len(split) for name, split in splits.items() if split is not None}
    return {
        "data": {"name": source, "sha256": fingerprint(data), "images": sizes},
        "commit": commit(),
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__},
    }


def divide(data: Fer2013, recipe: Recipe) -> tuple[Split, Split]:
    """Give the training and validation images of a recipe; the fold that it leaves out is in neither."""
    training, validation = hold_out(data.train, recipe.validation, recipe.seed)
    if recipe.folds > 1:
        training = training.take(fold_of(training, recipe.folds, recipe.seed) != recipe.fold)
    return training, validation


def train(
    run: RunFolder,
    recipe: Recipe,
    data: Fer2013,
    quiet: bool,
    *,
    views: Views | None = None,
    deadline: float | None = None,
) -> RunFolder:
    """Train from where the run stands to its end: its start weights, or its last full epoch.

    Returns:
        The run; it has no ``network.keras`` yet if the deadline came first.
    """
    data = restore_teacher_probabilities(run, data)
    training, validation = divide(data, recipe)
    if len(training) < recipe.batch:
        raise TrainingError(f"{len(training)} training images do not fill a batch of {recipe.batch}.")
    batches = _batches(recipe, training, views)
    steps = len(training) // recipe.images_a_step
    learner = Learner(recipe, steps)
    start = run.read_weights("start.npz")
    if start is not None:
        learner.begin_with(start)
    history = _restore(run, learner)
    whole, done = recipe.epochs * steps, len(history) * steps
    with tqdm(total=whole, initial=done, unit="step", disable=quiet, mininterval=1, dynamic_ncols=True) as bar:
        for epoch in range(len(history), recipe.epochs):
            if _is_over(history, recipe.patience):
                break
            if deadline is not None and history and monotonic() + history[-1]["seconds"] > deadline:
                return run
            bar.set_description(f"epoch {epoch + 1}/{recipe.epochs}")
            began = monotonic()
            losses = [_step(learner, batch, bar) for batch in batches.epoch(epoch)]
            record = _validate(learner, validation) | {
                "epoch": epoch + 1,
                "loss": float(np.mean(losses)),
                "seconds": round(monotonic() - began, 2),
            }
            history.append(record)
            _keep(run, learner, history)
            bar.set_postfix(accuracy=f"{record['validation_accuracy']:.4f}", loss=f"{record['loss']:.4f}")
    return _finish(run, learner, history)


def _batches(recipe: Recipe, training: Split, views: Views | None) -> Batches:
    targets = soft_targets(
        training,
        label_smoothing=recipe.label_smoothing,
        votes_weight=recipe.votes_weight,
        teacher_weight=0.0 if views else recipe.teacher_weight,
        votes_head=recipe.votes_head > 0,
    )
    return ViewedBatches(recipe, training, targets, views) if views else LabelledBatches(recipe, training, targets)


def _step(learner: Learner, batch: tuple[np.ndarray, np.ndarray], bar: Any) -> float:
    loss = learner.step(*batch)
    bar.update()
    return loss


def _validate(learner: Learner, validation: Split) -> Record:
    answers = learner.predict(validation.images)
    labels = answers[:, : len(EMOTIONS)]
    of_label = labels[np.arange(len(validation)), validation.labels]
    record = {
        "validation_loss": float(-np.log(np.maximum(of_label, 1e-7)).mean()),
        "validation_accuracy": float((labels.argmax(1) == validation.labels).mean()),
    }
    if learner.recipe.votes_head:
        shares = vote_shares(validation)
        agreed = answers[:, -len(VOTED) :].argmax(1) == shares.argmax(1)
        record["validation_votes"] = float(agreed[shares.any(1)].mean())
    return record


def best_epoch(history: list[Record]) -> int:
    """Index of the epoch with the highest validation accuracy; the last one of equals."""
    return max(range(len(history)), key=lambda epoch: (history[epoch]["validation_accuracy"], epoch))


def _is_over(history: list[Record], patience: int) -> bool:
    """Whether the highest accuracy was reached ``patience`` epochs ago; reaching it again is no improvement."""
    if not patience or not history:
        return False
    accuracies = [record["validation_accuracy"] for record in history]
    return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience


def _keep(run: RunFolder, learner: Learner, history: list[Record]) -> None:
    """Store an epoch. The state goes last: until it is there, the epoch counts as not done."""
    if learner.recipe.keep == "last" or best_epoch(history) == len(history) - 1:
        run.write_weights("best.npz", learner.averaged.get_weights())
    _log(run.path / "logs", history[-1])
    written = np.frombuffer(json.dumps(history).encode(), np.uint8)
    run.write_arrays("state.npz", learner.state() | {"history": written})
    run.write_json("history.json", history)


def _restore(run: RunFolder, learner: Learner) -> list[Record]:
    """Load the last full epoch into ``learner``.

    Returns:
        The history up to it.
    """
    state = run.read_arrays("state.npz")
    if state is None:
        return []
    history: list[Record] = json.loads(state.pop("history").tobytes())
    learner.restore(state)
    return history


def _log(folder: Path, record: Record) -> None:
    """Write an epoch for TensorBoard."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=int(record["epoch"])):
        for name, value in record.items():
            if name != "epoch":
                tf.summary.scalar(name, value)
    writer.close()


def _finish(run: RunFolder, learner: Learner, history: list[Record]) -> RunFolder:
    """Save the network that is kept and draw the learning curve; ``network.keras``, which says "finished", last."""
    best = run.read_weights("best.npz")
    if best is None:
        raise TrainingError(f"The run in {run.path} has no finished epoch.")
    learner.averaged.set_weights(best)
    learner.averaged.save(run.path / "emotion_model.h5")
    draw_curve(history, run.path / "curve.png")
    partial = run.path / "partial.keras"
    learner.averaged.save(partial)
    partial.replace(run.path / "network.keras")
    return run
