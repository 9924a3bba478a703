"""Statuses of cameras, on a real server."""

import time

from redis import Redis

from contracts.cameras import CameraStatus
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.cameras import BELIEVED_S, CameraStatuses
from contracts.storage.frames import FrameStore
from support.clocks import ManualClock
from support.factories import make_frame


def status(name: str, since: float = 1_000.0, **changes: object) -> CameraStatus:
    values = {"name": name, "kind": "rtsp", "state": "live", "since": since, "fps": 15.0}
    return CameraStatus.model_validate({**values, **changes})


def test_what_is_told_is_read_and_forgotten_after_a_while(redis: Redis, clock: ManualClock) -> None:
    statuses = CameraStatuses(redis, clock)
    hall, door = status("hall", state="gone", reason="It is off."), status("door", blur=True)
    statuses.put(hall, door)
    assert statuses.all() == {"door": door, "hall": hall}
    assert statuses.get("hall") == hall
    assert 0 < redis.pttl(keys.camera_status("hall")) <= 1000 * BELIEVED_S
    clock.now += BELIEVED_S + 1
    statuses.put(door)
    assert list(statuses.all()) == ["door"]
    statuses.forget("door")
    assert statuses.all() == {}
    assert statuses.get("door") is None


def test_since_when_is_by_the_servers_clock_and_does_not_waver(redis: Redis) -> None:
    ahead = time.time() + 3_600
    statuses = CameraStatuses(redis)
    statuses._hosts_clock = lambda: ahead
    told = set()
    for _ in range(3):
        statuses.put(status("hall", since=ahead - 5))
        told.add(statuses.all()["hall"].since)
    (since,) = told
    assert abs(since - (time.time() - 5)) < 60


def test_one_that_cannot_be_read_hides_no_other(redis: Redis, clock: ManualClock) -> None:
    statuses = CameraStatuses(redis, clock)
    statuses.put(status("hall"), status("door"))
    redis.set(keys.camera_status("door"), '{"name": "door", "state": "dreaming"}')
    assert list(statuses.all()) == ["hall"]
    assert statuses.get("door") is None


def test_what_is_offered_counts_while_nobody_else_says_how_a_camera_is(redis: Redis, clock: ManualClock) -> None:
    statuses, gateways = CameraStatuses(redis, clock), CameraStatuses(redis, clock)
    nobody = status("phone", state="gone", reason="No browser sends.")
    began = clock.now
    for _ in range(3):
        statuses.offer(nobody)
        clock.now += 1
    assert gateways.all()["phone"] == nobody.model_copy(update={"since": began})
    gateways.put(status("phone", since=7))
    statuses.offer(nobody)
    assert gateways.all()["phone"].state == "live"
    gateways.forget("phone")
    statuses.offer(nobody)
    assert gateways.all()["phone"] == nobody.model_copy(update={"since": clock.now})


def test_one_that_is_removed_is_not_listed_any_more(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    frames, statuses = FrameStore(redis, settings, clock), CameraStatuses(redis, clock)
    frames.publish(make_frame(camera="hall")._replace(captured_at=clock.now))
    statuses.put(status("hall"))
    statuses.forget("hall")
    assert list(frames.cameras()) == ["hall"]
    statuses.remove("hall")
    assert (frames.cameras(), statuses.all()) == ({}, {})
