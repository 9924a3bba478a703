"""Run one camera: ``python -m capture``. The settings whose names begin with ``MIEN_CAMERA`` choose it."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from types import FrameType
from typing import TYPE_CHECKING

from contracts.logs import log_context
from contracts.process import run_process
from contracts.settings import Settings

if TYPE_CHECKING:
    from capture.source import FrameSource


def main(argv: Sequence[str] | None = None) -> int:
    """Open the source and publish until a signal ends it. Returns the exit status."""
    argparse.ArgumentParser(
        prog="python -m capture",
        description="Publish the frames of one camera until SIGTERM. MIEN_CAMERA_SOURCE names the camera: `auto`, "
        "`demo`, a device number, an RTSP or HTTP address, a video file or an image folder.",
        epilog="Settings are read from the environment; docs/settings.md lists them.",
    ).parse_args(argv)
    ending = Ending()
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, ending.begin)
    return run_process("capture", lambda settings: run(settings, ending))


class Ending:
    """Whether the process has been told to end."""

    def __init__(self) -> None:
        self.begun = False

    def begin(self, signum: int, _: FrameType | None) -> None:
        """Leave whatever is being waited for, be it a server that does not answer.

        What that is may lose the exception, as code does that clears errors; so it is noted as well.
        """
        signal.signal(signum, signal.SIG_IGN)
        self.begun = True
        raise SystemExit(0)


def run(settings: Settings, ending: Ending) -> None:
    """Publish the frames of the source that the settings name, until the end has begun.

    Raises:
        ConfigurationError: the source cannot be opened.
        SourceLost: it was opened, and has come to an end.
    """
    from capture.selection import open_source

    _configure_opencv(settings)
    with log_context(camera=settings.camera), closing(open_source(settings.camera_source)) as source:
        _publish(settings, source, ending)


def _configure_opencv(settings: Settings) -> None:
    """OpenCV and FFmpeg would repeat at every attempt to connect what our own log says once."""
    import cv2

    cv2.setNumThreads(1)  # the cores belong to the workers
    if settings.log_level != "debug":
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # FFmpeg's word for quiet; read at the first open


def _publish(settings: Settings, source: "FrameSource", ending: Ending) -> None:
    from capture.camera import Camera
    from contracts.storage.connections import connect
    from contracts.storage.dispatch import Dispatcher
    from contracts.storage.frames import FrameStore
    from contracts.storage.jobs import JobStore

    broker = connect(settings.redis_url, name="capture", max_connections=2)
    frame_redis = connect(settings.frame_redis_url, name="capture-frames", max_connections=2)
    with closing(broker), closing(frame_redis), closing(Dispatcher(settings)) as dispatcher:
        frames, jobs = FrameStore(frame_redis, settings), JobStore(broker, settings)
        Camera(settings, source, frames, jobs, dispatcher).run(until=lambda: ending.begun)


if __name__ == "__main__":
    sys.exit(main())
