"""What an emotion network should reach, beside what it does: one table for any number of networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training.emotion.tables import Row

Figures = dict[str, Any]
"""What ``training.emotion.evaluate`` measured."""


@dataclass(frozen=True)
class Goal:
    """One figure of a network and what is wanted of it."""

    name: str
    read: Callable[[Figures], float]
    """May raise ``KeyError``: it was not measured, or the network cannot do it."""
    shown: str
    """Format of the figure."""
    wanted: float | None = None
    at_most: bool = False
    """Whether less is better."""

    def value(self, scores: Figures) -> float | None:
        """The figure, if there is one."""
        try:
            return self.read(scores)
        except KeyError:
            return None

    def reached(self, value: float) -> bool:
        """Whether the figure is what is wanted; always where nothing is."""
        if self.wanted is None:
            return True
        return value <= self.wanted if self.at_most else value >= self.wanted

    def cell(self, scores: Figures) -> str:
        """The figure as a table shows it, with a mark if it is not what is wanted."""
        value = self.value(scores)
        if value is None:
            return "none"
        return format(value, self.shown) + ("" if self.reached(value) else " ✗")

    def wish(self) -> str:
        """What is wanted, as a table shows it."""
        return "" if self.wanted is None else f"{'≤' if self.at_most else '≥'} {self.wanted:{self.shown}}"


def _of_head(head: str, key: str) -> Callable[[Figures], float]:
    return lambda scores: float(scores["heads"][head][key])


def _votes_of(head: str) -> Callable[[Figures], float]:
    return lambda scores: float(scores["heads"][head]["votes"]["accuracy"])


def _recall(label: str) -> Callable[[Figures], float]:
    return lambda scores: float(scores["public_test"]["per_class"][label]["recall"])


def _surest(scores: Figures) -> float:
    return float(dict(scores["public_test"]["coverage"])[0.7])


def _damaged_calibration(scores: Figures) -> float:
    return float(scores["robustness"]["mean_calibration_error"])


GOALS: Final[tuple[Goal, ...]] = (
    Goal("label changes from frame to frame", _of_head("fer2013", "label_changes"), ".1%", 0.03, at_most=True),
    Goal("faces with several labels in 16 frames", _of_head("fer2013", "unsteady_faces"), ".1%", 0.1, at_most=True),
    Goal("in video, smoothed: label changes", _of_head("fer2013", "video_label_changes"), ".1%"),
    Goal("in video, smoothed: faces with several labels", _of_head("fer2013", "video_unsteady_faces"), ".1%"),
    Goal("the same label when mirrored", _of_head("fer2013", "mirrored"), ".1%", 0.92),
    Goal("agrees with most voters, head for FER2013", _votes_of("fer2013"), ".1%", 0.8),
    Goal("agrees with most voters, head for people", _votes_of("people"), ".1%", 0.85),
    Goal("head for people: label changes", _of_head("people", "label_changes"), ".1%", 0.03, at_most=True),
    Goal("head for people: faces with several labels", _of_head("people", "unsteady_faces"), ".1%", 0.1, at_most=True),
    Goal("head for people: the same label mirrored", _of_head("people", "mirrored"), ".1%", 0.92),
    Goal("FER2013, a single view", lambda scores: float(scores["public_test"]["accuracy"]), ".2%", 0.735),
    Goal("the same behind a detector", lambda scores: float(scores["detected"]["accuracy"]), ".2%"),
    Goal("the surest 70 %", _surest, ".1%", 0.8),
    Goal("recall of Disgust", _recall("Disgust"), ".3f", 0.55),
    Goal("recall of Fear", _recall("Fear"), ".3f", 0.48),
    Goal("calibration error", lambda s: float(s["public_test"]["calibration_error"]), ".4f", 0.02, at_most=True),
    Goal("calibration error, damaged", _damaged_calibration, ".4f", 0.04, at_most=True),
    Goal("points lost by 8 bits", lambda s: float(s["floating_point"]["points_lost"]), ".2f", 0.5, at_most=True),
    Goal("parameters, millions", lambda scores: float(scores["parameters"]) / 1e6, ".2f", 2.0, at_most=True),
    Goal("milliseconds of CPU a face", lambda scores: float(scores["milliseconds"]), ".2f", 0.5, at_most=True),
)


def goal_table(names: Sequence[str], scores: Sequence[Figures]) -> list[Row]:
    """Lay out a row a goal and a column a network, what is wanted last; ✗ marks what is not reached."""
    return [
        ("what", *names, "wanted"),
        *((goal.name, *(goal.cell(each) for each in scores), goal.wish()) for goal in GOALS),
    ]
