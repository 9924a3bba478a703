"""Cameras whose Redis loses all, whose capture is killed, or whose clock is wrong: no viewer sees time go back."""

import time
from collections.abc import Callable
from functools import partial

import pytest
import requests

from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem
from support.processes import StartProcess
from support.viewer import Viewer

HOUR_S = 3_600
SEEN = 15
"""So many pictures, and so many analyses, have come before and after each fault."""
AGE_MS = 2_000
"""What is told is no older, on a machine that has little time."""


@pytest.mark.fault(
    "No viewer of a camera sees a sequence go back", "frames' Redis emptied, killed and empty; capture killed"
)
def test_no_sequence_goes_back_whatever_is_lost(
    broker: Broker,
    start_broker: Callable[..., Broker],
    start_system: StartSystem,
    start_process: StartProcess,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    frames = start_broker(appendonly="no")
    system = start_system(broker, workers=2, frame_redis_url=frames.url)
    settings = {"redis_url": broker.url, "frame_redis_url": frames.url, "camera": "hall", "camera_source": "demo"}
    capture = start_process("capture", **settings)

    def empty() -> None:
        with frames.client() as client:
            client.flushall()

    def restart_empty() -> None:
        frames.kill()
        frames.start()

    def restart_capture() -> None:
        capture.kill()
        capture.wait()
        start_process("capture", **settings)

    with frames.client() as client:
        wait_for(lambda: FrameStore(client, Settings()).newest("hall"), "the camera to be there")
    slowest = 0.0
    with Viewer(system.url, "hall").watching() as viewer, system.ledger.load(1):
        for damage in (lambda: None, empty, restart_empty, restart_capture):
            damage()
            began = time.monotonic()
            wait_for(partial(viewer.has_seen, SEEN, max([0, *viewer.told, *viewer.shown])), "it to go on", 30)
            slowest = max(slowest, time.monotonic() - began)
    assert viewer.went_back == []
    assert viewer.statuses.keys() <= {200, 404, 503}
    system.account.settle(30)
    measured({**system.check(), "pictures": len(viewer.shown), "analyses told": len(viewer.told)}, slowest)


@pytest.mark.slow_fault
@pytest.mark.fault(
    "No clock of a host ends a job, a worker or a deadline", "a camera's an hour off, workers' the other way"
)
@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S])
def test_the_wrong_clock_of_a_camera_changes_nothing(
    broker: Broker,
    start_system: StartSystem,
    start_process: StartProcess,
    measured: Measured,
    wait_for: WaitFor,
    off_s: int,
) -> None:
    system = start_system(broker, clocks_off_s={"workers": -off_s})
    start_process("capture", off_s, redis_url=broker.url, camera="hall", camera_source="demo")
    began = time.monotonic()
    wait_for(lambda: FrameStore(system.redis, Settings()).result("hall"), "a frame to be analysed")
    with Viewer(system.url, "hall").watching() as viewer:
        wait_for(partial(viewer.has_seen, SEEN, 0), "it to be seen", 30)
    assert viewer.went_back == []
    assert max(viewer.ages_ms) < AGE_MS
    assert requests.get(f"{system.url}/emotion_data", timeout=10).json()["state"] == "live"
    measured({**system.check(), "pictures": len(viewer.shown)}, time.monotonic() - began)
