"""A trained network becomes files that answer as it does."""

from pathlib import Path

import numpy as np

from contracts.emotions import EMOTIONS, VOTED
from models.classification import load_classifier
from models.runtimes import open_runtime
from training.emotion.recipe import Recipe
from training.emotion.targets import vote_shares
from training.emotion.trainer import divide
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder


def test_the_exported_network_loads_as_shipped_ones_do(exported: Path, data: Fer2013) -> None:
    classifier = load_classifier("bars-1", folder=exported)
    answers = classifier.predict(data.public_test.images)
    assert classifier.card.scores["public_test"]["accuracy"] == (answers.argmax(1) == data.public_test.labels).mean()
    assert classifier.card.crop.margin == 0.1
    assert classifier.card.labels == EMOTIONS
    assert classifier.card.recipe["network"] == "mien"


def test_the_head_for_people_is_calibrated_on_shares_of_votes(
    exported: Path, mien_run: RunFolder, data: Fer2013
) -> None:
    """On average it says what the voters said, which the network as it was trained does not after a few steps."""
    classifier = load_classifier("bars-1", folder=exported)
    votes = classifier.card.votes
    assert votes is not None
    assert votes.labels == VOTED
    assert votes.temperature != classifier.card.temperature
    _, validation = divide(data, mien_run.recipe(Recipe))
    wanted, said = vote_shares(validation).mean(0), classifier.predict_votes(validation.images).mean(0)
    assert np.abs(wanted - said).max() < 0.05
    assert {source.name for source in classifier.card.data} == {"FER2013", "FER+"}


def test_float_files_agree_with_keras(exported: Path, data: Fer2013) -> None:
    card = load_classifier("bars-1", folder=exported).card
    images = data.public_test.images[..., None]
    wanted = open_runtime("keras", (exported / "bars-1.keras").read_bytes(), source="keras").run(images)
    exact = open_runtime("litert", (exported / "bars-1.float32.tflite").read_bytes(), source="f").run(images)
    assert [head.shape for head in wanted] == [head.shape for head in exact] == [(21, 7), (21, 8)]
    assert all(np.abs(one - other).max() < 1e-4 for one, other in zip(wanted, exact, strict=True))
    assert card.scores["forms"]["float32"]["furthest_from_keras"] < 1e-4
    assert card.scores["forms"]["float16"]["furthest_from_keras"] < 0.05


def test_eight_bits_take_a_quarter(exported: Path) -> None:
    sizes = {form: (exported / f"bars-1.{form}.tflite").stat().st_size for form in ("int8", "float16", "float32")}
    assert sizes["int8"] < 0.3 * sizes["float32"]
    assert sizes["float16"] < 0.55 * sizes["float32"]
