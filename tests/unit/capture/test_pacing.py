"""Slots and pauses."""

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
    pauses = list(islice(backoff_delays(1, 4), 6))
    for pause, full in zip(pauses, [1, 1.5, 2.25, 3.375, 4, 4], strict=True):
        assert full / 2 <= pause <= full
    assert pauses[3:] != list(islice(backoff_delays(1, 4), 6))[3:]


def test_who_was_away_for_half_a_minute_is_asked_again_within_eight_seconds() -> None:
    away_s, longest = 0.0, 0.0
    for pause in backoff_delays():
        longest = max(longest, pause)
        away_s += pause
        if away_s > 30:
            break
    assert longest <= 18
    assert max(islice(backoff_delays(), 6)) <= 8
