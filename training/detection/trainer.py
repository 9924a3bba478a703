"""Trains the detector: AdamW, a cosine over steps or over a budget of minutes, averaged weights, resume."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf
from tqdm import tqdm

from models.detection.grid import cells
from training.detection.batches import Batch, Batches
from training.detection.dataset import Split
from training.detection.evaluate import measure
from training.detection.keras_detector import KerasDetector
from training.detection.losses import GroundTruth, losses
from training.detection.network import build
from training.detection.recipe import Recipe
from training.shared.run_folder import RunFolder, commit

LOG: Final = "log.jsonl"


class Trainer:
    """One training run in one folder; a run that was stopped is resumed after its last check."""

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
        started = self._clock() - float(self._spent.numpy())
        self._describe(data, done)
        seed = recipe.seed + 1000 * done  # a resumed run draws images that it has not seen
        with (
            Batches(data.train, size=recipe.size, batch=recipe.batch, seed=seed, threads=recipe.threads) as batches,
            tqdm(
                total=recipe.steps, initial=done, desc="Training", unit="step", mininterval=5, disable=self._quiet
            ) as bar,
        ):
            progress = self._progress(done, started)
            while progress < 1:
                self._optimizer.learning_rate.assign(self._rate(done, progress))
                parts = self._update(*_tensors(batches.next()))
                done += 1
                bar.update()
                progress = self._progress(done, started)
                if done % 50 == 0:
                    bar.set_postfix({name: f"{float(part):.3f}" for name, part in parts.items()})
                if done % recipe.check_every == 0 or progress >= 1:
                    self._spent.assign(self._clock() - started)
                    self._keeper.save()
                    self._check(data, done, {name: float(part) for name, part in parts.items()})
        self._describe(data, done)
        return self.save()

    def save(self) -> Path:
        """Write the network with its averaged weights."""
        path = self._folder / "faces.keras"
        self._averaged(lambda: self.network.save(path))
        return path

    def _describe(self, data: Split, steps_done: int) -> None:
        """Write what this run learns from and how."""
        origin = {"commit": commit(), "data_sha256": data.data_sha256, "steps_done": steps_done}
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

    def _averaged(self, act: Callable[[], Any]) -> Any:
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

    def _progress(self, done: int, started: float) -> float:
        share = done / self._recipe.steps
        if self._recipe.minutes is not None:
            share = max(share, (self._clock() - started) / 60 / self._recipe.minutes)
        return min(share, 1.0)

    def _rate(self, done: int, progress: float) -> float:
        warm = min((done + 1) / self._recipe.warm_up, 1.0)
        return self._recipe.rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


def _tensors(batch: Batch) -> list[Any]:
    return [tf.constant(part) for part in batch]
