"""Slots and pauses."""

import random
from itertools import islice

import pytest

from capture.pacing import Pacer, backoff_delays
from support.clocks import ManualClock


def test_slots_come_at_the_given_rate(hand_clock: ManualClock) -> None:
    pacer = Pacer(10, hand_clock, hand_clock.sleep)
    times = []
    for _ in range(4):
        pacer.wait()
        times.append(hand_clock.now - 1_000)
        hand_clock.now += 0.03  # the work of one slot
    assert times == pytest.approx([0, 0.1, 0.2, 0.3])


def test_a_slot_that_is_a_little_late_does_not_shift_the_others(hand_clock: ManualClock) -> None:
    pacer = Pacer(10, hand_clock, hand_clock.sleep)
    pacer.wait()
    hand_clock.now += 0.15
    pacer.wait()
    assert hand_clock.slept == []
    pacer.wait()
    assert hand_clock.now - 1_000 == pytest.approx(0.2)


def test_missed_slots_are_left_out(hand_clock: ManualClock) -> None:
    pacer = Pacer(10, hand_clock, hand_clock.sleep)
    pacer.wait()
    hand_clock.now += 5
    pacer.wait()
    assert hand_clock.slept == []
    pacer.wait()
    assert hand_clock.slept == pytest.approx([0.1])


def test_pauses_grow_up_to_a_limit_and_differ_by_chance() -> None:
    pauses = list(islice(backoff_delays(1, 1.6), 6))
    for pause, full in zip(pauses, [1, 1.2, 1.44, 1.6, 1.6, 1.6], strict=True):
        assert full / 2 <= pause <= full
    assert pauses[3:] != list(islice(backoff_delays(1, 1.6), 6))[3:]


def test_who_was_away_for_half_a_minute_is_tried_again_within_nine_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
    away_s = 0.0
    for pause in backoff_delays():
        if away_s > 30:
            break
        assert pause <= 9
        away_s += pause / 2 + 0.5  # all before it were as short as can be; to start a process takes half a second
    assert list(islice(backoff_delays(), 60))[-1] == 60
