"""What is wanted beside what there is."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.emotion.goals import GOALS, Goal, goal_table

SHIPPED = Path(__file__).parents[4] / "docs/evaluation/mien-2/scores.json"


@pytest.fixture
def scores() -> dict[str, Any]:
    return dict(json.loads(SHIPPED.read_text()))


def test_a_goal_is_reached_from_its_own_side() -> None:
    high = Goal("share", lambda scores: scores["share"], ".1%", 0.8)
    low = Goal("error", lambda scores: scores["error"], ".2f", 0.5, at_most=True)
    assert (high.cell({"share": 0.8}), high.cell({"share": 0.79}), high.wish()) == ("80.0%", "79.0% ✗", "≥ 80.0%")
    assert (low.cell({"error": -0.2}), low.cell({"error": 0.6}), low.wish()) == ("-0.20", "0.60 ✗", "≤ 0.50")
    assert high.cell({}) == "none"
    unasked = Goal("share", lambda scores: scores["share"], ".1%")
    assert (unasked.cell({"share": 0.1}), unasked.wish()) == ("10.0%", "")


def test_networks_stand_side_by_side_with_what_is_wanted_of_them(scores: dict[str, Any]) -> None:
    people = scores["heads"]["fer2013"] | {"votes": {"accuracy": 0.86}}
    other = scores | {"heads": scores["heads"] | {"people": people}}
    head, *rows = goal_table(["one", "other"], [scores, other])
    assert head == ("what", "one", "other", "wanted")
    assert [row[0] for row in rows] == [goal.name for goal in GOALS]
    cells = {row[0]: row[1:] for row in rows}
    assert cells["agrees with most voters, head for people"] == ("none", "86.0%", "≥ 85.0%")
    assert cells["FER2013, a single view"][0].startswith(f"{scores['public_test']['accuracy']:.2%}")
    lacking = {name for name, (one, *_) in cells.items() if one == "none"}
    assert all("people" in name for name in lacking)
