"""Trains a network into a run folder; a killed run resumes where its last full epoch ended."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from tqdm import tqdm

from training.emotion.augment import augment, mix_up
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
from training.emotion.targets import soft_targets
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013, Split, fingerprint, hold_out
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
        quiet: no progress bar.

    Raises:
        TrainingError: the folder holds a run, or a teacher has not finished.
        DataError: the data cannot be divided.
    """
    run = RunFolder(folder)
    origin = describe_origin(data, source)
    if teachers:
        data = add_teacher_probabilities(data, teachers)
        origin |= {"teachers": describe_runs(teachers)}
    weights = None
    if begin_with is not None:
        weights = first_weights(begin_with, recipe)
        origin |= {"begun_with": describe_runs([begin_with])}
    run.create(recipe, origin)
    store_teacher_probabilities(run, data)
    if weights is not None:
        run.write_weights("start.npz", weights)
    return train(run, recipe, data, quiet)


def resume(folder: Path, data: Fer2013, recipe: Recipe | None = None, *, quiet: bool = False) -> RunFolder:
    """Go on with a run after its last full epoch.

    Args:
        folder: of the run.
        data: that the run started with.
        recipe: another one than it started with, such as a longer one, holds from there on; ``origin.json`` says so.
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
    return train(run, recipe or before, data, quiet)


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


def train(run: RunFolder, recipe: Recipe, data: Fer2013, quiet: bool) -> RunFolder:
    """Train from where the run stands to its end: its start weights, or its last full epoch."""
    data = restore_teacher_probabilities(run, data)
    training, validation = hold_out(data.train, recipe.validation, recipe.seed)
    if len(training) < recipe.batch:
        raise TrainingError(f"{len(training)} training images do not fill a batch of {recipe.batch}.")
    targets = soft_targets(
        training,
        label_smoothing=recipe.label_smoothing,
        votes_weight=recipe.votes_weight,
        teacher_weight=recipe.teacher_weight,
    )
    steps = len(training) // recipe.batch
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
            bar.set_description(f"epoch {epoch + 1}/{recipe.epochs}")
            began = monotonic()
            losses = [_step(learner, batch, bar) for batch in _batches(recipe, training, targets, epoch)]
            record = _validate(learner, validation) | {
                "epoch": epoch + 1,
                "loss": float(np.mean(losses)),
                "seconds": round(monotonic() - began, 2),
            }
            history.append(record)
            _keep(run, learner, history)
            bar.set_postfix(accuracy=f"{record['validation_accuracy']:.4f}", loss=f"{record['loss']:.4f}")
    return _finish(run, learner, history)


def _step(learner: Learner, batch: tuple[np.ndarray, np.ndarray], bar: Any) -> float:
    loss = learner.step(*batch)
    bar.update()
    return loss


def _batches(recipe: Recipe, split: Split, targets: np.ndarray, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffled, changed, mixed batches; drawn from (seed, epoch), so that a resumed run sees the same."""
    rng = np.random.default_rng([recipe.seed, epoch])
    order = draw_order(split.labels, recipe.class_balance, rng)
    for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
        chosen = order[start : start + recipe.batch]
        images = augment(split.images[chosen], recipe.augmentation, rng)
        wanted = targets[chosen]
        if recipe.mixup:
            images, wanted = mix_up(images, wanted, recipe.mixup, rng)
        yield images, wanted


def draw_order(labels: np.ndarray, class_balance: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the images of an epoch.

    Args:
        labels: [N], of the training images.
        class_balance: an image of a label that is n times as rare as the most frequent one comes n^class_balance
            times as often.
        rng: draws the order.

    Returns:
        Indices [N].
    """
    counts = np.bincount(labels)
    times = (counts.max() / np.maximum(counts, 1)) ** class_balance
    shown = np.floor(times[labels] + rng.random(len(labels))).astype(int)
    return np.asarray(rng.permutation(np.repeat(np.arange(len(labels)), shown))[: len(labels)])


def _validate(learner: Learner, validation: Split) -> Record:
    probabilities = learner.predict(validation.images)
    of_label = probabilities[np.arange(len(validation)), validation.labels]
    return {
        "validation_loss": float(-np.log(np.maximum(of_label, 1e-7)).mean()),
        "validation_accuracy": float((probabilities.argmax(1) == validation.labels).mean()),
    }


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
    if best_epoch(history) == len(history) - 1:
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
    """Save the best epoch's network and draw the learning curve."""
    best = run.read_weights("best.npz")
    if best is None:
        raise TrainingError(f"The run in {run.path} has no finished epoch.")
    learner.averaged.set_weights(best)
    learner.averaged.save(run.path / "network.keras")
    learner.averaged.save(run.path / "emotion_model.h5")
    draw_curve(history, run.path / "curve.png")
    return run
