"""Run one camera: ``python -m capture``. The settings whose names begin with ``MIEN_CAMERA`` choose it."""

import logging
import os
import signal
import sys
import time
from contextlib import closing
from types import FrameType

import cv2

from capture.camera import Camera
from capture.selection import open_source
from capture.source import Source
from contracts.errors import ConfigurationError
from contracts.settings import Settings, load_settings
from contracts.storage.connections import connect
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore


def main() -> int:
    """Read the settings, open the source, publish until a signal ends it. Returns the exit status."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _end)
    try:
        settings = load_settings()
        level = settings.log_level.upper()
        logging.basicConfig(level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        _quieten(settings)
        with closing(open_source(settings.camera_source)) as source:
            _publish(settings, source)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _quieten(settings: Settings) -> None:
    """OpenCV and FFmpeg would repeat at every attempt to connect what our own log says once."""
    cv2.setNumThreads(1)  # the cores belong to the workers
    if settings.log_level != "debug":
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # FFmpeg's word for quiet; read at the first open


def _publish(settings: Settings, source: Source) -> None:
    broker = connect(settings.redis_url, name="capture", max_connections=2)
    frame_redis = connect(settings.frame_redis_url, name="capture-frames", max_connections=2)
    with closing(broker), closing(frame_redis), closing(Dispatcher(settings)) as dispatcher:
        Camera(
            settings,
            source,
            FrameStore(frame_redis, settings),
            JobStore(broker, settings),
            dispatcher,
            epoch=int(time.time() * 1000),
        ).run()


def _end(signum: int, _: FrameType | None) -> None:
    """Leave whatever is being waited for, be it a server that does not answer."""
    signal.signal(signum, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
