"""The folder of one training run: what went in, how it went, what came out.

::

    recipe.json     every argument
    origin.json     data (path's name, hash, sizes), commit, versions
    history.json    one record an epoch
    start.npz       weights to begin with, if not with random ones
    teacher_probabilities.npz      what teachers answer to the training images, if there are any
    state.npz       everything needed to go on after the last full epoch
    best.npz        the averaged weights of the best epoch so far
    network.keras   the result; also as .h5, the format of old
    curve.png       loss and accuracy by epoch
    logs/           for TensorBoard
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from training.shared.errors import TrainingError
from training.shared.recipe import BaseRecipe

AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)


class RunFolder:
    """Reads and writes the files of a run, each replaced at once: a kill leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        """Take a folder that may hold a run or may not exist yet."""
        self.path = path

    def create(self, recipe: BaseRecipe, origin: dict[str, Any]) -> None:
        """Begin a new run.

        Raises:
            TrainingError: the folder already holds one.
        """
        self.check_new()
        self.path.mkdir(parents=True, exist_ok=True)
        self.write_json("origin.json", origin)
        self.write_json("recipe.json", recipe.model_dump())  # last: with it, there is a run

    def check_new(self) -> None:
        """Raise ``TrainingError`` if the folder already holds a run."""
        if (self.path / "recipe.json").exists():
            raise TrainingError(f"{self.path} already holds a run: continue it with --resume, or choose another.")

    def recipe(self, kind: type[AnyRecipe]) -> AnyRecipe:
        """Read the recipe of the run.

        Raises:
            TrainingError: there is none, or it does not read as this ``kind``.
        """
        try:
            return kind.model_validate_json((self.path / "recipe.json").read_bytes())
        except FileNotFoundError as error:
            raise TrainingError(f"{self.path} holds no run: there is no recipe.json in it.") from error
        except ValidationError as error:
            raise TrainingError(f"{self.path / 'recipe.json'} does not read: {error}") from error

    def read_json(self, name: str) -> Any:
        """Read one of the JSON files."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def write_json(self, name: str, content: Any) -> None:
        """Replace one of the JSON files."""
        partial = self.path / f"{name}.partial"
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(partial, self.path / name)

    def write_arrays(self, name: str, arrays: dict[str, np.ndarray]) -> None:
        """Replace one of the files of arrays."""
        partial = self.path / f"{name}.partial"
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path / name)

    def write_weights(self, name: str, weights: list[np.ndarray]) -> None:
        """Replace a file of arrays by a network's weights, in the order of ``get_weights``."""
        self.write_arrays(name, {str(number): weight for number, weight in enumerate(weights)})

    def read_weights(self, name: str) -> list[np.ndarray] | None:
        """Read what :meth:`write_weights` wrote; ``None`` if it was never written."""
        arrays = self.read_arrays(name)
        return None if arrays is None else [arrays[str(number)] for number in range(len(arrays))]

    def read_arrays(self, name: str) -> dict[str, np.ndarray] | None:
        """Read one of the files of arrays; ``None`` if it was never written."""
        path = self.path / name
        if not path.exists():
            return None
        with np.load(path) as file:
            return dict(file)


def commit() -> str:
    """Commit of the running code, with ``-dirty`` if files differ; ``unknown`` outside a repository."""
    here = Path(__file__).parent
    try:
        head = _git("rev-parse", "HEAD", folder=here)
        dirty = _git("status", "--porcelain", "--untracked-files=no", folder=here)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if dirty else head


def _git(*arguments: str, folder: Path) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 — fixed words
    return done.stdout.strip()
