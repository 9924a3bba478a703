"""Plots that show networks side by side, as PNG files; each takes the figures of any number of networks by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from contracts.emotions import EMOTIONS
from training.emotion.goals import Figures

Networks = Mapping[str, Figures]

_COLOURS: Final = ("#27496d", "#c84b31", "#5b8c5a", "#8d6a9f", "#c9a227")
_HEADS: Final = {"fer2013": "", "people": ", for people"}


def draw_steadiness(axes: Any, networks: Networks) -> None:
    """How often nothing changes but the label, by head; ticks show what is wanted."""
    kinds = ("from frame to frame", "faces with several\nlabels in 16 frames", "another label\nwhen mirrored")
    bars = {}
    for name, scores in networks.items():
        for head, figures in scores["heads"].items():
            shares = (figures["label_changes"], figures["unsteady_faces"], 1 - figures["mirrored"])
            bars[name + _HEADS[head]] = [100 * share for share in shares]
    _draw_bars(axes, kinds, bars)
    axes.hlines([3, 10, 8], np.arange(3) - 0.45, np.arange(3) + 0.45, color="black", linestyle="--", label="wanted")
    axes.set(ylabel="%", title="Label changes while the face stays the same")
    _explain(axes)


def draw_agreement(axes: Any, networks: Networks) -> None:
    """How often each head is right, by FER2013's label and by most of the voters."""
    bars = {}
    for name, scores in networks.items():
        for head, figures in scores["heads"].items():
            votes = figures.get("votes", {}).get("accuracy", 0.0)
            bars[name + _HEADS[head]] = [100 * figures["accuracy"], 100 * votes]
    _draw_bars(axes, ("FER2013's label", "most of ten voters"), bars)
    axes.set(ylabel="%", title="Answers that agree with")
    _explain(axes)


def draw_coverage(axes: Any, networks: Networks) -> None:
    """Accuracy on the surest answers, by how many are given."""
    for (name, scores), colour in zip(networks.items(), _cycle(len(networks)), strict=True):
        parts, shares = np.array(scores["public_test"]["coverage"]).T
        axes.plot(100 * parts, 100 * shares, color=colour, marker=".", label=name)
    axes.plot([70], [80], color="black", marker="+", markersize=14, linestyle="none", label="wanted")
    axes.set(xlabel="share that is answered, the surest first, %", ylabel="accuracy, %", xlim=(0, 101), ylim=(50, 101))
    axes.set_title("Accuracy where unsure faces go unanswered")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")


def draw_damages(axes: Any, networks: Networks) -> None:
    """Accuracy on damaged images."""
    damages = list(next(iter(networks.values()))["robustness"]["damaged"])
    bars = {
        name: [100 * share for share in (scores["robustness"]["clean"], *scores["robustness"]["damaged"].values())]
        for name, scores in networks.items()
    }
    _draw_bars(axes, ("as they are", *damages), bars)
    axes.set(ylabel="accuracy, %", title="Damaged images")
    _explain(axes, slanted=True)


def draw_recalls(axes: Any, networks: Networks) -> None:
    """Share of every label's images that are found."""
    bars = {
        name: [100 * scores["public_test"]["per_class"][label]["recall"] for label in EMOTIONS]
        for name, scores in networks.items()
    }
    _draw_bars(axes, EMOTIONS, bars)
    axes.set(ylabel="recall, %", title="Recall by label of FER2013")
    _explain(axes, slanted=True)


COMPARISONS: Final[dict[str, Callable[[Any, Networks], None]]] = {
    "steadiness": draw_steadiness,
    "agreement": draw_agreement,
    "coverage": draw_coverage,
    "damages": draw_damages,
    "recalls": draw_recalls,
}


def _draw_bars(axes: Any, kinds: Sequence[str], bars: Mapping[str, Sequence[float]]) -> None:
    """A group of bars for each of ``kinds``, a colour a name."""
    places, width = np.arange(len(kinds)), 0.8 / len(bars)
    for number, ((name, values), colour) in enumerate(zip(bars.items(), _cycle(len(bars)), strict=True)):
        drawn = axes.bar(places + (number - (len(bars) - 1) / 2) * width, values, width, color=colour, label=name)
        axes.bar_label(drawn, fmt="%.0f" if max(values) > 30 else "%.1f", fontsize=7)
    axes.set_xticks(places, kinds)


def _explain(axes: Any, *, slanted: bool = False) -> None:
    """Put the legend above the bars, and give long names below them room."""
    axes.set_ylim(0, axes.get_ylim()[1] * 1.25)
    axes.legend(loc="upper center", ncols=2, fontsize=9)
    if slanted:
        for text in axes.get_xticklabels():
            text.set(rotation=35, horizontalalignment="right", rotation_mode="anchor")


def _cycle(count: int) -> list[str]:
    return [_COLOURS[number % len(_COLOURS)] for number in range(count)]
