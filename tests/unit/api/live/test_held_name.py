"""A name while a browser has it."""

import pytest
from redis import Redis

from api.live.held_name import HeldName
from api.live.sender import SentCamera
from contracts.errors import CameraTaken
from contracts.frames import CameraOptions
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
from contracts.storage.senders import SenderStore
from support.clocks import ManualClock


def held(redis: Redis, clock: ManualClock, name: str = "phone") -> HeldName:
    camera = SentCamera(name, CameraOptions(kind="browser", blur=True, history_s=60), 12)
    return HeldName(SenderStore(redis), CameraStatuses(redis, clock), camera, clock)


def test_it_is_held_on_and_said_how_the_camera_is(redis: Redis, clock: ManualClock) -> None:
    name, statuses = held(redis, clock), CameraStatuses(redis, clock)
    states = []
    for silent_s in (None, 0.1, 0.2, 3.0):
        clock.now += 1
        name.hold_on(silent_s)
        status = statuses.get("phone")
        assert status
        states.append((status.state, status.since - 1_000_000))
    assert states == [("connecting", 0), ("live", 2), ("live", 2), ("stalled", 4)]
    assert (status.kind, status.fps, status.blur, status.history_s) == ("browser", 12, True, 60)
    name.leave()
    assert not SenderStore(redis).held("phone")
    gone = statuses.get("phone")
    assert gone
    assert gone.state == "gone"


def test_of_a_browsers_own_camera_nothing_is_said(redis: Redis, clock: ManualClock) -> None:
    name = held(redis, clock, f"device-{'0' * 32}")
    clock.now += 1
    name.hold_on(0.1)
    assert CameraStatuses(redis, clock).all() == {}


def test_a_name_that_redis_forgot_and_another_one_took_is_lost(redis: Redis, clock: ManualClock) -> None:
    name = held(redis, clock)
    with pytest.raises(CameraTaken):
        held(redis, clock)
    redis.delete(keys.sender("phone"))
    clock.now += 1
    name.hold_on(0.1)
    redis.delete(keys.sender("phone"))
    held(redis, clock)
    clock.now += 1
    with pytest.raises(CameraTaken):
        name.hold_on(0.1)
    name.leave()
    assert SenderStore(redis).held("phone")
    status = CameraStatuses(redis, clock).get("phone")
    assert status
    assert status.state == "connecting", "the other one's"
