"""Panels of a dashboard, drawn with matplotlib as Grafana lays them out: two a row, each with its legend below it."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import matplotlib as mpl

from deploy.panels import Dashboard, Panel, Unit

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

Series = Sequence[dict[str, Any]]
"""As Prometheus answers: labels in ``metric``, and pairs of a time and a text in ``values``."""

UNITS: Final[dict[Unit, tuple[str, float]]] = {
    "short": ("number", 1),
    "s": ("seconds", 1),
    "bytes": ("MiB", 2**-20),
    "percentunit": ("percent", 100),
    "cps": ("number a second", 1),
    "ops": ("commands a second", 1),
    "reqps": ("requests a second", 1),
    "bool": ("yes (1) or no (0)", 1),
    "celsius": ("degrees Celsius", 1),
}
"""What Grafana means by a unit → the words that stand at the axis, and by how much values are multiplied."""
_STEPS_S: Final = (10, 15, 30, 60, 120, 300, 600, 1_200)
_MOST_STEPS: Final = 8
_LEAST_WIDE, _WIDER, _WIDTHS = 1.4, 0.8, 4
"""Of lines, in points: the least, by how much the one below is wider, and of how many that is so."""


def draw(
    dashboard: Dashboard, ask: Callable[[str], Series], begin: float, end: float, still: tuple[float, float]
) -> Figure:
    """Draw all panels over the same time.

    Args:
        dashboard: which.
        ask: the series of an expression over that time.
        begin: seconds since 1970.
        end: the same.
        still: from when to when the worker stood still; grey in all panels.
    """
    rows = math.ceil(len(dashboard.panels) / 2)
    figure, places = plt.subplots(
        rows, 2, figsize=(12.5, 2.9 * rows), squeeze=False, layout="constrained", facecolor="white"
    )
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    figure.suptitle(f"{dashboard.title} (drawn with matplotlib, not by Grafana; grey: the worker stands still)")
    for place, panel in zip(places.flat, dashboard.panels, strict=False):
        place.axvspan(still[0] - begin, still[1] - begin, color="0.91", zorder=0)
        _draw_panel(place, panel, ask, begin)
        _mark_time(place, end - begin)
    for place in places.flat[len(dashboard.panels) :]:
        place.set_visible(False)
    figure.align_ylabels()
    figure.supxlabel("minutes and seconds since the load began", fontsize=9)
    return figure


def _draw_panel(place: Axes, panel: Panel, ask: Callable[[str], Series], begin: float) -> None:
    words, factor = UNITS[panel.unit]
    answers = [(legend, one) for expression, legend in panel.lines for one in ask(expression)]
    found = [(_named(legend, one["metric"]), one["values"]) for legend, one in answers]
    for number, (name, values) in enumerate(found):
        # Lines that lie upon each other are all seen: each is narrower than the one below it.
        width = _LEAST_WIDE + _WIDER * max(0, min(len(found), _WIDTHS) - 1 - number)
        place.plot(
            [at - begin for at, _ in values],
            [factor * float(value) for _, value in values],
            label=name,
            linewidth=width,
            color=plt.get_cmap("tab20" if len(found) > 10 else "tab10")(number),
        )
    place.set_title(panel.title, fontsize=10, loc="left", fontweight="bold")
    place.set_ylabel(words, fontsize=8)
    place.yaxis.set_major_locator(
        MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=panel.unit in ("short", "bool"))
    )
    highest = max((factor * float(value) for _, values in found for _, value in values), default=0.0)
    place.set_ylim(0, 1.12 * highest or 1)
    if found:
        columns = 4 if len(found) > 2 else len(found)
        place.legend(
            loc="upper left", bbox_to_anchor=(-0.01, -0.13), ncols=columns, fontsize=8, frameon=False, borderaxespad=0
        )
    else:
        place.text(0.5, 0.5, "none", transform=place.transAxes, ha="center", va="center", color="0.45")
        place.set_yticks([])


def _named(legend: str, labels: dict[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace("{{" + label + "}}", value)
    return legend


def _mark_time(place: Axes, lasts_s: float) -> None:
    step_s = next((step for step in _STEPS_S if lasts_s <= step * _MOST_STEPS), _STEPS_S[-1])
    place.set_xlim(0, lasts_s)
    place.xaxis.set_major_locator(MultipleLocator(step_s))
    place.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{int(at) // 60}:{int(at) % 60:02}"))
    place.tick_params(labelsize=8)
    place.grid(alpha=0.3)
    place.spines[["top", "right"]].set_visible(False)
