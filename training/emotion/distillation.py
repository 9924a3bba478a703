"""Distillation: a network learns from the answers of trained ones, beside the labels.

What a trained network finds likely says more of a face than one noisy label, and a network of the same size that
learns from it ends better than its teacher (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015;
Furlanello et al., "Born-Again Neural Networks", 2018).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.classification import Classifier, EmotionCard
from models.weights import load_weights
from training.emotion.learner import predict
from training.emotion.networks import INPUT_SCALE
from training.emotion.recipe import Recipe
from training.emotion.views import Teacher
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder

_FILE: Final = "teacher_probabilities.npz"


def add_teacher_probabilities(data: Fer2013, teachers: Sequence[Path]) -> Fer2013:
    """Let the networks of finished runs answer to the training images.

    Args:
        data: whose training images are to be learned from.
        teachers: run folders.

    Returns:
        ``data`` with the mean of the probabilities over networks, over the image and its mirror.

    Raises:
        TrainingError: for a folder without a finished run.
    """
    images = data.train.images
    answers = []
    for folder in teachers:
        network, scale = load_network(folder), INPUT_SCALE[RunFolder(folder).recipe(Recipe).network]
        answers += [predict(network, shown, scale) for shown in (images, images[:, :, ::-1])]
    return _with_probabilities(data, np.asarray(np.mean(answers, axis=0), np.float32))


def store_teacher_probabilities(run: RunFolder, data: Fer2013) -> None:
    """Store what :func:`add_teacher_probabilities` added in the folder of a run, for when the run is resumed."""
    if data.train.teacher_probabilities is not None:
        run.write_arrays(_FILE, {"probabilities": data.train.teacher_probabilities})


def restore_teacher_probabilities(run: RunFolder, data: Fer2013) -> Fer2013:
    """Add what :func:`store_teacher_probabilities` stored; the same ``data`` for a run without a teacher."""
    stored = run.read_arrays(_FILE)
    return data if stored is None else _with_probabilities(data, stored["probabilities"])


def _with_probabilities(data: Fer2013, probabilities: np.ndarray) -> Fer2013:
    return replace(data, train=replace(data.train, teacher_probabilities=probabilities))


def describe_runs(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """What a run's ``origin.json`` says of others: name, recipe and commit of the run, hash of the network."""
    return [
        {
            "run": folder.name,
            "sha256": hashlib.sha256((folder / "network.keras").read_bytes()).hexdigest(),
            "commit": RunFolder(folder).read_json("origin.json")["commit"],
            "recipe": RunFolder(folder).recipe(Recipe).model_dump(),
        }
        for folder in folders
    ]


def describe_networks(names: Sequence[str]) -> list[dict[str, Any]]:
    """What a run's ``origin.json`` says of finished networks: name and hash of each."""
    cards = [load_weights(name, EmotionCard)[1] for name in names]
    return [{"network": card.name, "sha256": card.sha256} for card in cards]


def first_weights(folder: Path, recipe: Recipe) -> list[np.ndarray]:
    """Weights of a run's network for another run to begin with.

    Args:
        folder: of the finished run.
        recipe: of the run that begins.

    Raises:
        TrainingError: the two networks are not of the same kind.
    """
    before = RunFolder(folder).recipe(Recipe)
    kinds = [(each.network, each.inner, each.blur, each.votes_head > 0) for each in (before, recipe)]
    if kinds[0] != kinds[1]:
        raise TrainingError(
            f"{folder} holds a network {before.network} of inner width {before.inner:g}; "
            f"its weights do not fit {recipe.network} of {recipe.inner:g}."
        )
    return [np.asarray(weight) for weight in load_network(folder).get_weights()]


def teacher_of(folder: Path) -> Teacher:
    """Let the network of a finished run answer.

    Raises:
        TrainingError: there is none.
    """
    network, scale = load_network(folder), INPUT_SCALE[RunFolder(folder).recipe(Recipe).network]
    return lambda images: predict(network, images, scale)


def ensemble(classifiers: Sequence[Classifier]) -> Teacher:
    """Let finished networks answer together: the mean of their probabilities, of voters by those that know them."""
    of_people = [each for each in classifiers if each.card.votes]

    def answer(images: np.ndarray) -> np.ndarray:
        crops = np.rint(images).astype(np.uint8)
        heads = [np.mean([each.predict(crops) for each in classifiers], axis=0)]
        if of_people:
            heads.append(np.mean([each.predict_votes(crops) for each in of_people], axis=0))
        return np.hstack(heads)

    return answer


def load_network(folder: Path) -> Any:
    """Load the Keras network of a run.

    Raises:
        TrainingError: there is none.
    """
    import keras

    path = folder / "network.keras"
    if not path.exists():
        raise TrainingError(f"{folder} holds no finished run: there is no network.keras in it.")
    return keras.models.load_model(path, compile=False)
