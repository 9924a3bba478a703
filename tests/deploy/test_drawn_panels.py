"""The picture of a dashboard says what its axes are, and no legend lies over a line."""

from typing import Any, get_args

import matplotlib.pyplot as plt
import pytest

from benchmarks.drawn_panels import UNITS, draw
from deploy.panels import OVERVIEW, Dashboard, Panel, Unit

BEGIN, END = 1_700_000_000.0, 1_700_000_600.0


def answer(expression: str) -> list[dict[str, Any]]:
    """A dozen series of many labels; of alerts none."""
    if "ALERTS" in expression:
        return []
    labels = dict.fromkeys(("queue", "state", "status", "server"), "a rather long name")
    return [
        {"metric": labels | {"reason": f"reason {number}"}, "values": [[BEGIN + at, str(number)] for at in range(600)]}
        for number in range(12)
    ]


def test_legends_are_beside_the_lines_and_panels_are_of_one_size() -> None:
    figure = draw(OVERVIEW, answer, BEGIN, END, (BEGIN + 300, BEGIN + 372))
    figure.draw_without_rendering()
    sizes = set()
    for place, panel in zip(figure.axes, OVERVIEW.panels, strict=True):
        assert (place.get_title(loc="left"), place.get_ylabel()) == (panel.title, UNITS[panel.unit][0])
        assert place.get_xlim() == (0, END - BEGIN)
        sizes.add(tuple(round(length) for length in place.get_window_extent().size))
        if legend := place.get_legend():
            boxes = [other.get_window_extent() for other in figure.axes]
            assert not any(legend.get_window_extent().overlaps(box) for box in boxes), panel.title
    assert len(sizes) == 1
    plt.close(figure)


@pytest.mark.parametrize(("unit", "highest"), [("percentunit", 1_100), ("bytes", 11 / 2**20), ("s", 11)])
def test_values_are_of_the_unit_that_is_named(unit: Unit, highest: float) -> None:
    figure = draw(
        Dashboard("one", "One", [Panel("One", unit, [("x", "{{reason}}")])]), answer, BEGIN, END, (BEGIN, BEGIN)
    )
    assert max(max(line.get_ydata()) for line in figure.axes[0].lines) == pytest.approx(highest)
    plt.close(figure)


def test_every_unit_has_words() -> None:
    assert UNITS.keys() == set(get_args(Unit))
    assert not {words for words, _ in UNITS.values()} & set(get_args(Unit))
