"""A trained network becomes files that answer as it does, and a cheaper one."""

import json
from pathlib import Path

import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from models.classification import load_classifier
from models.cropping import CropFit
from models.runtimes import open_runtime
from training.cli import main
from training.emotion.card import export
from training.emotion.compare import compare, table
from training.emotion.data import Fer2013
from training.emotion.prune import prune
from training.emotion.recipe import MIEN, Recipe
from training.emotion.trainer import fit
from training.shared.errors import TrainingError
from training.shared.run_folder import RunFolder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data: Fer2013) -> RunFolder:
    """Mien's network after a few steps."""
    recipe = MIEN.model_copy(
        update={
            "epochs": 2,
            "batch": 14,
            "validation": 0.2,
            "precision": "float32",
            "warmup_epochs": 0.0,
            "learning_rate": 0.02,
            "average_decay": 0.5,
        }
    )
    return fit(recipe, data, tmp_path_factory.mktemp("runs") / "mien", source="bars", quiet=True)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, trained: RunFolder, data: Fer2013) -> Path:
    """The folder of its exported files."""
    out = tmp_path_factory.mktemp("weights")
    others = ("float32", "float16", "keras")
    export(trained, data, "bars-1", out, form="int8", others=others, crop=CropFit(margin=0.1))
    return out


def test_the_exported_network_loads_as_shipped_ones_do(exported: Path, data: Fer2013) -> None:
    classifier = load_classifier("bars-1", folder=exported)
    answers = classifier.predict(data.public_test.images)
    assert classifier.card.scores["public_test"]["accuracy"] == (answers.argmax(1) == data.public_test.labels).mean()
    assert classifier.card.crop.margin == 0.1
    assert classifier.card.labels == EMOTIONS
    assert classifier.card.recipe["network"] == "mien"


def test_float_files_agree_with_keras(exported: Path, data: Fer2013) -> None:
    card = load_classifier("bars-1", folder=exported).card
    images = data.public_test.images[..., None]
    (wanted,) = open_runtime("keras", (exported / "bars-1.keras").read_bytes(), source="keras").run(images)
    (exact,) = open_runtime("litert", (exported / "bars-1.float32.tflite").read_bytes(), source="f").run(images)
    assert np.abs(wanted - exact).max() < 1e-4
    assert card.scores["forms"]["float32"]["furthest_from_keras"] < 1e-4
    assert card.scores["forms"]["float16"]["furthest_from_keras"] < 0.05


def test_eight_bits_take_a_quarter(exported: Path) -> None:
    sizes = {form: (exported / f"bars-1.{form}.tflite").stat().st_size for form in ("int8", "float16", "float32")}
    assert sizes["int8"] < 0.3 * sizes["float32"]
    assert sizes["float16"] < 0.55 * sizes["float32"]


def test_leaving_out_channels_saves_multiply_adds(trained: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    pruned = prune(trained, data, tmp_path / "narrow", kind="structured", keep=0.5, epochs=1, quiet=True)
    before, after = compare([trained, pruned], data.train.images, data.public_test)
    assert after.multiply_adds < 0.6 * before.multiply_adds
    assert after.size_bytes < before.size_bytes
    assert pruned.read_json("origin.json")["pruned"]["keep"] == 0.5
    assert "narrow" in table([before, after])


def test_zeroed_weights_stay_zero_and_compress(trained: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    import keras

    pruned = prune(trained, data, tmp_path / "sparse", kind="magnitude", keep=0.3, epochs=1, quiet=True)
    network = keras.models.load_model(pruned.path / "network.keras", compile=False)
    kernels = [np.asarray(weight) for weight in network.get_weights() if np.ndim(weight) == 4]
    assert all(np.isclose((kernel == 0).mean(), 0.7, atol=0.05) for kernel in kernels)
    before, after = compare([trained, pruned], data.train.images, data.public_test)
    assert after.compressed_bytes < 0.75 * before.compressed_bytes


def test_evaluation_writes_figures_and_a_page(
    exported: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    model = str(exported / "bars-1.json")
    assert main(["evaluate", "--model", model, "--data", str(folder), "--out", str(out)], {}) == 0
    scores = json.loads((out / "scores.json").read_text())
    assert f"{scores['public_test']['accuracy']:.4f}" in capsys.readouterr().out
    page = (out / "index.html").read_text()
    for picture in ("confusion", "reliability", "classes", "robustness"):
        assert f"{picture}.png" in page
        assert (out / f"{picture}.png").stat().st_size > 5000
    assert "not a felt emotion" in page
    assert main(["evaluate", "--model", model, "--data", str(folder), "--private"], {}) == 2
    assert "no private test" in capsys.readouterr().err


def test_the_classic_network_is_not_pruned(trained: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    other = RunFolder(tmp_path / "classic")
    other.create(trained.recipe(Recipe).model_copy(update={"network": "classic"}), {})
    with pytest.raises(TrainingError, match="no residual blocks"):
        prune(other, data, tmp_path / "out", kind="structured", keep=0.5, epochs=1)


def test_what_is_kept_is_a_part(trained: RunFolder, data: Fer2013, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="between 0 and 1"):
        prune(trained, data, tmp_path / "out", kind="structured", keep=1.5, epochs=1)
