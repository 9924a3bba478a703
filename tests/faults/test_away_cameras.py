"""Network cameras that are killed, frozen, or silent: they are told as such, and the others do not notice."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured
from support.processes import StartProcess
from support.rtsp import PASSWORD, NetworkCamera

TOLD_S, BACK_S = 5, 10
"""Within which it is told that a camera is away, and live again after it is back."""
AWAY_S = 8
"""For so long it is away: longer than the process that reads it is left in silence."""
FPS = 15
PAUSE_S = 1.5
"""The longest between two frames of the other camera, on a machine that has little time."""
REGISTRY = """
[[camera]]
name = "hall"
source = "{url}"

[[camera]]
name = "door"
source = "pictures"
"""

Damage = Callable[[NetworkCamera], None]


@pytest.fixture
def camera() -> Iterator[NetworkCamera]:
    with closing(NetworkCamera()) as camera:
        camera.start()
        yield camera


@pytest.fixture
def registry(camera: NetworkCamera, tmp_path: Path) -> Path:
    """That camera, and a folder of pictures."""
    (tmp_path / "pictures").mkdir()
    for shade in (50, 100):
        cv2.imwrite(str(tmp_path / f"pictures/{shade}.png"), np.full((48, 64, 3), shade, np.uint8))
    path = tmp_path / "cameras.toml"
    path.write_text(REGISTRY.format(url=camera.url))
    return path


class Frames:
    """The sequences of all frames of a camera, and the longest pause between two."""

    def __init__(self) -> None:
        self.sequences: list[int] = []
        self.longest_s = 0.0
        self._last = float("nan")

    def add(self, sequence: int) -> None:
        """One has come."""
        now = time.monotonic()
        if self.sequences:
            self.longest_s = max(self.longest_s, now - self._last)
        self.sequences.append(sequence)
        self._last = now


@contextmanager
def followed(redis_url: str, camera: str) -> Iterator[Frames]:
    """Hear of every frame."""
    frames, over = Frames(), threading.Event()
    with closing(connect(redis_url, name="tests")) as client, client.pubsub() as channel:
        channel.subscribe(keys.frames_channel(camera))

        def listen() -> None:
            while not over.is_set():
                message = channel.get_message(ignore_subscribe_messages=True, timeout=0.1)
                if message:
                    frames.add(int(message["data"]))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield frames
        finally:
            over.set()
            thread.join()


def status(redis: Redis) -> CameraStatus:
    """Of the network camera."""
    found = CameraStatuses(redis).get("hall")
    assert found is not None, "it is told every second, and believed for ten"
    return found


@pytest.mark.slow_fault
@pytest.mark.fault(
    "A network camera that is away is told within 5 s and live within 10 s of its return; others lose no frame",
    "its RTSP server killed, frozen, and accepting in silence, for 8 s each",
)
@pytest.mark.parametrize(
    ("away", "back"),
    [
        (NetworkCamera.kill, NetworkCamera.start),
        (NetworkCamera.freeze, NetworkCamera.thaw),
        (NetworkCamera.accept_only, NetworkCamera.start),
    ],
    ids=["killed", "frozen", "silent"],
)
def test_a_camera_that_is_away_is_told_and_comes_back_and_others_lose_nothing(
    camera: NetworkCamera,
    registry: Path,
    redis: Redis,
    settings: Settings,
    start_process: StartProcess,
    measured: Measured,
    wait_for: WaitFor,
    tmp_path: Path,
    away: Damage,
    back: Damage,
) -> None:
    capture = start_process("capture", cameras=registry, camera_fps=FPS)
    store = FrameStore(redis, settings)
    wait_for(lambda: store.newest("hall") and status(redis).state == "live", "the camera to be live")
    wait_for(lambda: store.newest("door"), "the other one")
    with followed(settings.redis_url, "door") as others:
        began = time.monotonic()
        away(camera)
        wait_for(lambda: status(redis).state in {"stalled", "gone"}, "it to be told", TOLD_S)
        told_s = time.monotonic() - began
        wait_for(lambda: time.monotonic() > began + AWAY_S, "it to have been away")
        seen = status(redis)
        assert seen.state in {"stalled", "gone"}
        assert seen.reason
        back(camera)
        returned = time.monotonic()
        wait_for(lambda: status(redis).state == "live", "it to be live again", BACK_S)
        back_s = time.monotonic() - returned
        wait_for(lambda: store.newest("hall"), "its frames")
        first, last = others.sequences[0], others.sequences[-1]
    assert others.sequences[: last - first + 1] == list(range(first, last + 1))
    assert others.longest_s < PAUSE_S
    assert capture.poll() is None
    assert PASSWORD not in (tmp_path / "capture-0.log").read_text()
    assert PASSWORD not in seen.model_dump_json()
    measured({"frames of the other": len(others.sequences), "s until told": round(told_s, 1)}, back_s)


@pytest.mark.slow_fault
@pytest.mark.fault("A Redis that hangs ends no camera", "frozen for 8 s")
def test_a_redis_that_hangs_is_no_fault_of_the_cameras(
    broker: Broker, start_process: StartProcess, measured: Measured, wait_for: WaitFor, tmp_path: Path
) -> None:
    path = tmp_path / "cameras.toml"
    path.write_text('[[camera]]\nname = "hall"\nsource = "demo"\n')
    capture = start_process("capture", cameras=path, redis_url=broker.url)
    with broker.client() as client:
        wait_for(lambda: CameraStatuses(client).get("hall"), "the camera")
        wait_for(lambda: status(client).state == "live", "the camera to be live")
        children = {child.pid for child in psutil.Process(capture.pid).children()}
        before = wait_for(lambda: FrameStore(client, Settings()).newest("hall"), "a frame")
        broker.freeze()
        frozen_at = time.monotonic()
        wait_for(lambda: time.monotonic() > frozen_at + AWAY_S, "it to have been frozen")
        broker.thaw()
        thawed = time.monotonic()

        def goes_on() -> bool:
            frame = FrameStore(client, Settings()).newest("hall")
            return frame is not None and frame.stamp > before.stamp

        wait_for(goes_on, "new frames")
        back_s = time.monotonic() - thawed
        told = wait_for(lambda: CameraStatuses(client).get("hall"), "its state")
        assert told.state == "live"
    assert {child.pid for child in psutil.Process(capture.pid).children()} == children
    measured({"processes ended": 0}, back_s)
