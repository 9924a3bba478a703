"""Trains the detector: AdamW at a constant rate that cools down at the end, averaged weights, resume.

A constant rate leaves the length of a run open: resumed with more ``steps`` it goes on learning, and a copy of its
folder, resumed with a few more steps than it has, cools down to a network to use while the run itself goes on.
"""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import keras
import tensorflow as tf
from tqdm import tqdm

from models.detection.grid import cells
from training.detection.batches import Batch, Batches
from training.detection.dataset import LabelledImage, Split
from training.detection.evaluate import measure
from training.detection.hardness import Weights, measure_hardness, uniform_hardness
from training.detection.keras_detector import KerasDetector
from training.detection.losses import GroundTruth, losses
from training.detection.network import build
from training.detection.recipe import Recipe
from training.shared.run_folder import RunFolder, commit

T = TypeVar("T")
LOG: Final = "log.jsonl"


class Trainer:
    """One training run in one folder; a run that was stopped is resumed where it was saved last."""

    def __init__(
        self, recipe: Recipe, folder: Path, *, clock: Callable[[], float] = time.monotonic, quiet: bool = False
    ) -> None:
        """Begin a run, or take up the one in ``folder``; ``quiet`` leaves out the progress bar."""
        self._recipe, self._folder, self._clock, self._quiet = recipe, folder, clock, quiet
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(recipe.seed)
        self.network = build()
        self._optimizer = keras.optimizers.AdamW(
            recipe.rate,
            weight_decay=recipe.weight_decay,
            global_clipnorm=10.0,
            use_ema=True,
            ema_momentum=recipe.averaging,
        )
        self._optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self._optimizer.build(self.network.trainable_variables)
        where = cells(recipe.size, recipe.size)
        self._centres, self._strides = tf.constant(where.centres), tf.constant(where.strides)
        self._spent = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self._keeper = tf.train.CheckpointManager(
            tf.train.Checkpoint(network=self.network, optimizer=self._optimizer, spent=self._spent),
            str(folder / "state"),
            max_to_keep=1,
        )
        self._keeper.restore_or_initialize()
        self._update = tf.function(self._step)

    def fit(self, data: Split) -> Path:
        """Train to the end; return the file with the averaged weights."""
        recipe, done = self._recipe, int(self._optimizer.iterations.numpy())
        hardness = self._hardness(data.train) if done else uniform_hardness(data.train)
        started = self._clock() - float(self._spent.numpy())
        self._describe(data, done)
        with (
            self._batches(data.train, done, hardness) as batches,
            tqdm(
                total=recipe.steps, initial=done, desc="Training", unit="step", mininterval=5, disable=self._quiet
            ) as bar,
        ):
            while done < recipe.steps:
                self._optimizer.learning_rate.assign(self.rate(done))
                parts = self._update(*_tensors(batches.next()))
                done += 1
                bar.update()
                if done % 50 == 0:
                    bar.set_postfix({name: f"{float(part):.3f}" for name, part in parts.items()})
                check = done % recipe.check_every == 0 or done == recipe.steps
                if check or done % recipe.save_every == 0:
                    self._spent.assign(self._clock() - started)
                    self._keeper.save()
                if check:
                    self._check(data, done, {name: float(part) for name, part in parts.items()})
                    hardness[:] = self._hardness(data.train)
        self._describe(data, done)
        return self.save()

    def rate(self, done: int) -> float:
        """Learning rate after ``done`` steps: it rises, stays, and falls as 1 - √ of the share of the cooling.

        (Haegele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024.)
        """
        recipe = self._recipe
        warm = min((done + 1) / recipe.warm_up, 1.0)
        cooled = max(done - (recipe.steps - recipe.cooling), 0) / max(recipe.cooling, 1)
        return recipe.rate * warm * (0.005 + 0.995 * (1 - math.sqrt(cooled)))

    def save(self) -> Path:
        """Write the network with its averaged weights."""
        path = self._folder / "faces.keras"
        self._averaged(lambda: self.network.save(path))
        return path

    def _batches(self, images: Sequence[LabelledImage], done: int, hardness: Weights) -> Batches:
        recipe = self._recipe
        return Batches(
            images,
            size=recipe.size,
            batch=recipe.batch,
            seed=recipe.seed + 1000 * done,  # a resumed run draws images that it has not seen
            threads=recipe.threads,
            hardness=hardness,
        )

    def _describe(self, data: Split, steps_done: int) -> None:
        """Write what this run learns from and how."""
        origin = {
            "commit": commit(),
            "data_sha256": data.data_sha256,
            "tight_sha256": data.tight_sha256,
            "tight_pictures": sum(image.annotator == "tight" for image in data.train),
            "steps_done": steps_done,
        }
        run = RunFolder(self._folder)
        run.write_json("recipe.json", self._recipe.model_dump())
        run.write_json("origin.json", origin)

    def _check(self, data: Split, step: int, parts: dict[str, float]) -> None:
        """Measure the averaged weights on the validation images and log it."""
        report = self._averaged(lambda: measure(KerasDetector(self.network).detect, data.validation))
        entry = {
            "step": step,
            "minutes": round(float(self._spent.numpy()) / 60, 1),
            **parts,
            **report.scores(0.5),
        }
        with (self._folder / LOG).open("a") as log:
            log.write(json.dumps(entry) + "\n")

    def _hardness(self, images: Sequence[LabelledImage]) -> Weights:
        """Measure how hard each image without a face is for the averaged weights."""
        run = tf.function(lambda pixels: self.network(pixels, training=False))
        return self._averaged(lambda: measure_hardness(run, images, self._recipe.size))

    def _averaged(self, act: Callable[[], T]) -> T:
        """Call ``act`` while the network holds the averaged weights, then give it back the current ones."""
        variables = self.network.trainable_variables
        current = [variable.numpy() for variable in variables]
        self._optimizer.finalize_variable_values(variables)
        try:
            return act()
        finally:
            for variable, value in zip(variables, current, strict=True):
                variable.assign(value)

    def _step(self, images: Any, faces: Any, real: Any, landmarks: Any, ignored: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            outputs = self.network(images, training=True)
            parts = losses(outputs, GroundTruth(faces, real, landmarks, ignored), self._centres, self._strides)
            total = tf.add_n(list(parts.values()))
        variables = self.network.trainable_variables
        self._optimizer.apply(tape.gradient(total, variables), variables)
        return parts


def _tensors(batch: Batch) -> list[Any]:
    return [tf.constant(part) for part in batch]
