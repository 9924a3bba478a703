"""Plots of an evaluation and of a run, as PNG files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from contracts.emotions import EMOTIONS
from training.emotion.comparison_plots import COMPARISONS, Networks, draw_coverage, draw_steadiness
from training.emotion.goals import Figures

_INK: Final = "#27496d"
_ACCENT: Final = "#c84b31"


def draw_confusion(axes: Any, scores: Figures) -> None:
    """Confusion matrix: true label by row, in per cent of the row."""
    counts = np.array(scores["public_test"]["confusion"])
    shares = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for row, column in np.ndindex(shares.shape):
        colour = "white" if shares[row, column] > 55 else "black"
        axes.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=40, ha="right")
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set(xlabel="answer", ylabel="label", title="Answers, % of the images of a label")


def draw_reliability(axes: Any, scores: Figures) -> None:
    """Accuracy against confidence; on the diagonal the network is calibrated."""
    bins = [entry for entry in scores["public_test"]["reliability"] if entry[0]]
    total = sum(count for count, _, _ in bins)
    confidence, share = [entry[1] for entry in bins], [entry[2] for entry in bins]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    axes.plot(confidence, share, color=_INK, marker="o", label="accuracy")
    axes.bar(confidence, [count / total for count, _, _ in bins], width=0.05, color=_ACCENT, alpha=0.4, label="answers")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share")
    axes.set_title(f"Calibration error {scores['public_test']['calibration_error']:.3f}")
    axes.legend(loc="upper left")


def draw_classes(axes: Any, scores: Figures) -> None:
    """Precision and recall of every label."""
    figures = scores["public_test"]["per_class"]
    places = np.arange(len(EMOTIONS))
    for offset, key, colour in ((-0.2, "precision", _INK), (0.2, "recall", _ACCENT)):
        axes.bar(places + offset, [figures[emotion][key] for emotion in EMOTIONS], 0.38, color=colour, label=key)
    axes.set_xticks(places, EMOTIONS, rotation=40, ha="right")
    axes.set(ylim=(0, 1), title="Precision and recall")
    axes.legend(loc="lower right")


def draw_robustness(axes: Any, scores: Figures) -> None:
    """Accuracy on damaged images beside that on clean ones."""
    robustness = scores["robustness"]
    names = list(robustness["damaged"])
    axes.barh(names, [100 * robustness["damaged"][name] for name in names], color=_INK)
    axes.axvline(100 * robustness["clean"], color=_ACCENT, label="as they are")
    axes.invert_yaxis()
    axes.set(
        xlabel="accuracy, %", xlim=(0, 100), title=f"Damaged images: {100 * robustness['mean_drop']:.1f} points lost"
    )
    axes.legend(loc="lower right")


PLOTS: Final[dict[str, Callable[[Any, Figures], None]]] = {
    "confusion": draw_confusion,
    "reliability": draw_reliability,
    "classes": draw_classes,
    "robustness": draw_robustness,
    "steadiness": lambda axes, scores: draw_steadiness(axes, {"labels": scores}),
    "coverage": lambda axes, scores: draw_coverage(axes, {"accuracy": scores}),
}


def draw_plots(scores: Figures, folder: Path) -> list[str]:
    """Draw every plot of one network into ``folder``.

    Returns:
        Their file names.
    """
    return [_draw(folder / f"{name}.png", draw, scores) for name, draw in PLOTS.items()]


def draw_comparison(networks: Networks, folder: Path) -> list[str]:
    """Draw every plot of networks side by side into ``folder``.

    Returns:
        Their file names.
    """
    return [_draw(folder / f"{name}.png", draw, networks) for name, draw in COMPARISONS.items()]


def _draw(path: Path, draw: Callable[[Any, Any], None], content: Any) -> str:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.subplots(), content)
    figure.savefig(path, dpi=110)
    return path.name


def draw_curve(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss and validation accuracy by epoch to a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    epochs = [record["epoch"] for record in history]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [record["loss"] for record in history], label="training, with augmentation")
    left.plot(epochs, [record["validation_loss"] for record in history], label="validation")
    left.set(xlabel="epoch", ylabel="cross-entropy")
    left.legend()
    right.plot(epochs, [record["validation_accuracy"] * 100 for record in history], color="tab:green")
    right.set(xlabel="epoch", ylabel="validation accuracy, %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
