"""Makes a trained network cheaper: by leaving out channels (faster), or by zeroing weights (smaller once compressed).

After Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", 2017, and Han et al., "Learning
both Weights and Connections", 2015. How and why: ``docs/training.md``, Pruning.
"""

from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from training.emotion.distillation import add_teacher_probabilities, store_teacher_probabilities
from training.emotion.learner import network_of
from training.emotion.recipe import Recipe
from training.emotion.trainer import describe_origin, train
from training.shared.errors import TrainingError
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder

Kind = Literal["structured", "magnitude"]

_RATES: Final[dict[Kind, float]] = {"structured": 1.0, "magnitude": 0.2}
"""Fine-tuning's highest learning rate, part of that of the run before: a block that is missing is a larger change."""


def prune(
    run: RunFolder, data: Fer2013, out: Path, *, kind: Kind, keep: float, epochs: int, quiet: bool = False
) -> RunFolder:
    """Prune the network of a run, and fine-tune it.

    Args:
        run: a finished run.
        data: to fine-tune with.
        out: folder of the new run.
        kind: structured leaves out channels and a block, magnitude zeroes weights.
        keep: the part of the inner channels, or of the weights, that is kept.
        epochs: of fine-tuning.
        quiet: no progress bar.

    Returns:
        The new run.

    Raises:
        TrainingError: the network has no residual blocks, or ``keep`` is not between 0 and 1.
    """
    import keras

    if not 0 < keep < 1:
        raise TrainingError(f"--keep {keep}: it is to be between 0 and 1.")
    parent = run.recipe(Recipe)
    if parent.network != "mien":
        raise TrainingError(f"The network {parent.network} has no residual blocks to prune.")
    network = keras.models.load_model(run.path / "network.keras", compile=False)
    changes: dict[str, Any] = {"inner": parent.inner * keep} if kind == "structured" else {"sparse": True}
    recipe = parent.model_copy(
        update=changes
        | {"epochs": epochs, "learning_rate": parent.learning_rate * _RATES[kind], "warmup_epochs": 0.0, "mixup": 0.0}
        | {"teacher_weight": 0.5}
    )
    weights = _without_channels(network, recipe) if kind == "structured" else _without_small(network, keep)
    pruned = RunFolder(out)
    origin = describe_origin(data, run.read_json("origin.json")["data"]["name"])
    pruned.create(recipe, origin | {"pruned": {"from": run.path.name, "kind": kind, "keep": keep}})
    store_teacher_probabilities(pruned, add_teacher_probabilities(data, [run.path]))
    pruned.write_weights("start.npz", weights)
    return train(pruned, recipe, data, quiet)


def _without_channels(network: Any, recipe: Recipe) -> list[np.ndarray]:
    """Weights of the narrower network of ``recipe``, taken from ``network``."""
    narrow = network_of(recipe)
    for layer in narrow.layers:
        if layer.weights:
            layer.set_weights(_slice(network, layer))
    return [np.asarray(weight) for weight in narrow.get_weights()]


def _slice(network: Any, layer: Any) -> list[np.ndarray]:
    """Weights of ``network`` for one layer of the narrower network, without the channels that were left out."""
    name: str = layer.name
    weights = [np.asarray(weight) for weight in network.get_layer(name).get_weights()]
    block = name.rpartition("_")[0].rpartition("_")[0]
    if name.endswith(("_first_conv", "_first_norm")):
        count = layer.weights[0].shape[-1]
        chosen = _important(network, block, count)
        return [weight[..., chosen] for weight in weights]
    if name.endswith("_second_conv"):
        chosen = _important(network, block, layer.weights[0].shape[2])
        return [weights[0][:, :, chosen]]
    return weights


def _important(network: Any, block: str, count: int) -> np.ndarray:
    """Indices, ascending, of the ``count`` channels within ``block`` that hand on most."""
    scale = np.abs(np.asarray(network.get_layer(f"{block}_first_norm").gamma))
    readers = np.asarray(network.get_layer(f"{block}_second_conv").kernel)
    handed_on = scale * np.sqrt((readers**2).sum((0, 1, 3)))
    return np.sort(np.argsort(-handed_on)[:count])


def _without_small(network: Any, keep: float) -> list[np.ndarray]:
    """Weights of ``network`` with all but the part ``keep`` of every convolution set to 0."""
    weights = []
    for variable in network.weights:
        value = np.asarray(variable)
        if value.ndim == 4:
            limit = np.quantile(np.abs(value), 1 - keep)
            value = np.where(np.abs(value) >= limit, value, np.float32(0))
        weights.append(value)
    return weights
