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


def test_pauses_double_up_to_a_limit_and_differ_by_chance() -> None:
    pauses = list(islice(backoff_delays(1, 8), 6))
    for pause, full in zip(pauses, [1, 2, 4, 8, 8, 8], strict=True):
        assert full / 2 <= pause <= full
    assert pauses[3:] != list(islice(backoff_delays(1, 8), 6))[3:]
