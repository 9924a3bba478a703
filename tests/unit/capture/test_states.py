"""States of a camera, by the clock of the test."""

import pytest

from capture.states import GOOD_S, CameraHealth
from contracts.cameras import CameraSettings
from support.clocks import ManualClock


@pytest.fixture
def health(hand_clock: ManualClock) -> CameraHealth:
    return make(hand_clock)


def make(clock: ManualClock, fps: float = 15) -> CameraHealth:
    camera = CameraSettings(name="hall", source="rtsp://anna:secret@camera/live", fps=fps, blur=True, history_s=60)
    return CameraHealth(camera, clock, clock)


def test_it_tells_what_the_registry_says_and_no_address(health: CameraHealth) -> None:
    status = health.status
    assert (status.name, status.kind, status.state, status.reason) == ("hall", "rtsp", "connecting", None)
    assert (status.since, status.fps, status.blur, status.history_s) == (1_000, 15, True, 60)
    assert "secret" not in status.model_dump_json()
    assert "secret" not in repr(health.camera)


def test_an_image_makes_it_live_since_then(health: CameraHealth, hand_clock: ManualClock) -> None:
    health.opening()
    for _ in range(3):
        hand_clock.now += 1
        health.read()
        assert not health.is_silent()
    assert (health.status.state, health.status.since) == ("live", 1_001)


def test_one_that_falls_silent_has_stalled_and_then_its_process_is_ended(
    health: CameraHealth, hand_clock: ManualClock
) -> None:
    health.opening()
    health.read()
    seen = []
    for _ in range(20):
        hand_clock.now += 0.25
        seen.append((health.status.state, health.is_silent()))
    assert health.status.reason == "Its source is connected, and sends no pictures any more."
    assert health.status.since == 1_002.5
    assert [silent for _, silent in seen] == [False] * 19 + [True], "after five seconds"


def test_one_that_never_sends_anything_is_told_after_five_seconds_and_has_fifteen(
    health: CameraHealth, hand_clock: ManualClock
) -> None:
    health.opened()
    for after_s, state, silent in [(4.9, "connecting", False), (5, "stalled", False), (15, "stalled", True)]:
        hand_clock.now = 1_000 + after_s
        assert (health.is_silent(), health.status.state) == (silent, state)
    assert health.status.reason == "Its source has sent no picture since it was opened."


def test_the_time_that_its_process_takes_to_start_is_not_the_sources(
    health: CameraHealth, hand_clock: ManualClock
) -> None:
    health.started()
    hand_clock.now += 59
    assert (health.is_silent(), health.status.state) == (False, "connecting")
    health.opening()
    hand_clock.now += 14
    assert (health.is_silent(), health.status.state) == (False, "connecting")
    health.opened()
    hand_clock.now += 4.9
    assert (health.is_silent(), health.status.state) == (False, "connecting")


def test_a_process_that_does_not_begin_is_ended(health: CameraHealth, hand_clock: ManualClock) -> None:
    health.started()
    hand_clock.now += 60
    assert (health.is_silent(), health.status.state) == (True, "gone")
    assert health.status.reason == "Its process has not begun within 60 s: the machine has too much to do."


def test_a_source_that_does_not_open_is_told_when_its_process_is_ended(
    health: CameraHealth, hand_clock: ManualClock
) -> None:
    health.started()
    health.opening()
    hand_clock.now += 15
    assert (health.is_silent(), health.status.state) == (True, "stalled")
    assert health.status.reason == "Its source does not open within 15 s."


def test_what_is_gone_keeps_its_reason_while_the_next_process_tries(
    health: CameraHealth, hand_clock: ManualClock
) -> None:
    health.ended("it does not answer")
    health.started()
    for step in (health.opening, health.opened, health.is_silent):
        hand_clock.now += 9
        assert health.is_silent() is False
        assert (health.status.state, health.status.reason) == ("gone", "It does not answer.")
        step()
    hand_clock.now += 15
    assert health.is_silent()
    assert (health.status.state, health.status.since) == ("stalled", 1_000)


def test_a_slow_camera_has_more_time(hand_clock: ManualClock) -> None:
    health = make(hand_clock, fps=0.1)
    health.read()
    for after_s, state, silent in [(25, "live", False), (31, "stalled", False), (61, "stalled", True)]:
        hand_clock.now = 1_000 + after_s
        assert (health.is_silent(), health.status.state) == (silent, state)


def test_what_is_away_is_away_since_the_first_sign_of_it(health: CameraHealth, hand_clock: ManualClock) -> None:
    health.read()
    hand_clock.now += 3
    health.is_silent()
    hand_clock.now += 3
    health.ended("the connection was lost")
    assert (health.status.state, health.status.reason) == ("gone", "The connection was lost.")
    hand_clock.now += 60
    health.opening()
    assert (health.status.state, health.status.since) == ("gone", 1_003), "an attempt is no news"


@pytest.mark.parametrize(("live_s", "recovered"), [(GOOD_S - 1, False), (GOOD_S, True)])
def test_after_half_a_good_minute_it_has_recovered(
    health: CameraHealth, hand_clock: ManualClock, live_s: float, recovered: bool
) -> None:
    health.read()
    hand_clock.now += live_s
    health.ended("the connection was lost")
    hand_clock.now += 100
    assert health.recovered is recovered
