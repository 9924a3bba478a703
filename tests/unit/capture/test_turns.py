"""A few processes start at a time."""

import pytest

from capture import turns
from capture.turns import Turns


def test_no_more_start_at_once_than_may_and_each_gives_its_turn_back_once() -> None:
    few = Turns(at_once=2)
    first, second = few.take(lambda: False), few.take(lambda: False)
    assert first
    assert second
    asked = iter([False, True])
    assert few.take(lambda: next(asked)) is None, "nobody has given one back"
    first.give_back()
    first.give_back()
    assert few.take(lambda: False)
    asked = iter([False, True])
    assert few.take(lambda: next(asked)) is None


def test_who_is_not_to_start_any_more_takes_none() -> None:
    assert Turns().take(lambda: True) is None


def test_a_turn_does_not_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 0)
    turn = Turns().take(lambda: False)
    assert turn
    assert turn.is_over()
