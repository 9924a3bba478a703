"""The worker that observes the cameras is killed: another one takes its turn."""

import time

import pytest
from redis import Redis

from contracts.frames import Frame, FrameStamp, TrackedFace
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.factories import make_face, make_frame_result, marked
from support.faults import Measured
from support.processes import StartWorkers


@pytest.mark.slow_fault
@pytest.mark.fault("Each event of a camera is told once", "kill -9 of the worker that observes cameras, of 2")
def test_a_worker_that_is_killed_leaves_nothing_untold_and_nothing_is_told_twice(
    redis: Redis, settings: Settings, start_workers: StartWorkers, wait_for: WaitFor, measured: Measured
) -> None:
    workers = {worker.pid: worker for worker in start_workers(2, events_s=60)}
    frames, events = FrameStore(redis, settings), EventStore(redis, settings.model_copy(update={"events_s": 60}))

    def told() -> list[tuple[str, int | None]]:
        return [(one.event.kind.value, one.event.track) for one in events.after("0-0") if one.event.track]

    frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), b"jpeg"))
    result = make_frame_result(1, TrackedFace(track=3, **make_face("Sad").model_dump()))
    frames.put_result(result.model_copy(update={"captured_at": frames.now()}), b"{}", marked(frames))
    wait_for(told, "an event")
    _, pid, _ = (redis.get(keys.OBSERVER) or b"").decode().rsplit("-", 2)
    workers[int(pid)].kill()
    killed_at = time.monotonic()
    wait_for(lambda: len(told()) > 1, "another worker's turn")
    recovered_s = time.monotonic() - killed_at
    assert told() == [("appeared", 3), ("left", 3)]
    measured({"events": len(told())}, recovered_s)
