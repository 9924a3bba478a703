"""Cameras for benchmarks of live video: demo pictures with a time code, published by the code of capture.

python -m benchmarks.live_cameras REDIS_URL FPS CAMERA [CAMERA ...]
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.system import ROOT
from benchmarks.timecode import TimeCamera
from capture.camera import Camera
from capture.selection import Opened
from contracts.cameras import CameraSettings
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore


@contextmanager
def filming(redis_url: str, fps: float, *cameras: str) -> Iterator[None]:
    """These cameras run in a process of their own while the block does."""
    command = [sys.executable, "-m", __name__, redis_url, str(fps), *cameras]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> None:
    """Publish until the process is ended."""
    redis_url, fps, *cameras = sys.argv[1:]
    settings = Settings(redis_url=redis_url)
    redis, dispatcher = connect(redis_url, name="benchmark-cameras"), Dispatcher(settings)
    frames, jobs = FrameStore(redis, settings), JobStore(redis, settings)
    for name in cameras:
        source = Opened(TimeCamera(), "device", "demo")  # as what it is not: a demo that nobody watches would rest
        camera = Camera(CameraSettings(name=name, source="demo", fps=float(fps)), source, frames, jobs, dispatcher)
        threading.Thread(target=camera.run, args=(lambda: False,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
