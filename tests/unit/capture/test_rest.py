"""A camera that nobody needs rests, and is there at once when somebody comes."""

import pytest
from redis import Redis

from capture.rest import INTERVAL_S, Rest
from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT
from support.clocks import ManualClock


@pytest.fixture
def frames(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


def rest_of(frames: FrameStore, clock: ManualClock) -> Rest:
    return Rest(frames, "camera", clock, clock.sleep)


def test_without_anybody_it_waits_for_most_of_a_second(frames: FrameStore, hand_clock: ManualClock) -> None:
    rest_of(frames, hand_clock).wait()
    assert sum(hand_clock.slept) == pytest.approx(INTERVAL_S)


@pytest.mark.parametrize("who", ["viewer", "reader"])
def test_with_somebody_it_does_not_wait(frames: FrameStore, hand_clock: ManualClock, who: str) -> None:
    rest = rest_of(frames, hand_clock)
    rest.wait()
    hand_clock.slept.clear()
    hand_clock.now += 1
    if who == "viewer":
        frames.views.want("camera", [DEFAULT])
    else:
        frames.want("camera")
    for _ in range(3):
        rest.wait()
    assert hand_clock.slept == []


def test_who_comes_while_it_rests_waits_for_a_moment(frames: FrameStore, hand_clock: ManualClock) -> None:
    def sleep(seconds: float) -> None:
        hand_clock.sleep(seconds)
        frames.want("camera")

    Rest(frames, "camera", hand_clock, sleep).wait()
    assert sum(hand_clock.slept) <= 0.2


def test_without_redis_it_does_not_rest(
    frames: FrameStore, hand_clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> bool:
        raise BrokerUnavailable("It does not answer.")

    monkeypatch.setattr(frames, "wanted", away)
    rest_of(frames, hand_clock).wait()
    assert hand_clock.slept == []
