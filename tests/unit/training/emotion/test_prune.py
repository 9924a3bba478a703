"""A trained network becomes a cheaper one."""

from pathlib import Path

import numpy as np
import pytest

from training.emotion.compare import compare
from training.emotion.prune import prune
from training.emotion.recipe import Recipe
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder


def test_zeroed_weights_stay_zero_and_compress(mien_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    import keras

    pruned = prune(mien_run, data, tmp_path / "sparse", kind="magnitude", keep=0.3, epochs=1, quiet=True)
    network = keras.models.load_model(pruned.path / "network.keras", compile=False)
    kernels = [np.asarray(weight) for weight in network.get_weights() if np.ndim(weight) == 4]
    assert all(np.isclose((kernel == 0).mean(), 0.7, atol=0.05) for kernel in kernels)
    before, after = compare([mien_run, pruned], data.train.images, data.public_test)
    assert after.compressed_bytes < 0.75 * before.compressed_bytes


def test_the_classic_network_is_not_pruned(mien_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    other = RunFolder(tmp_path / "classic")
    other.create(mien_run.recipe(Recipe).model_copy(update={"network": "classic"}), {})
    with pytest.raises(TrainingError, match="no residual blocks"):
        prune(other, data, tmp_path / "out", kind="structured", keep=0.5, epochs=1)


def test_what_is_kept_is_a_part(mien_run: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="between 0 and 1"):
        prune(mien_run, data, tmp_path / "out", kind="structured", keep=1.5, epochs=1)
