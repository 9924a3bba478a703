"""Turns: all threads together have one every so often."""

from concurrent.futures import ThreadPoolExecutor

from support.clocks import ManualClock
from workers.turns import Turns


def test_the_first_has_a_turn_and_the_next_when_the_time_is_over() -> None:
    clock = ManualClock()
    turns = Turns(2.0, clock)
    asked = []
    for step in (0.0, 1.9, 0.2, 1.9, 0.1):
        clock.now += step
        asked.append(turns.take())
    assert asked == [True, False, True, False, True]


def test_of_threads_that_ask_at_once_one_has_it() -> None:
    turns = Turns(1.0, ManualClock())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: turns.take(), range(64))) == 1
