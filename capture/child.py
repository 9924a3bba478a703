"""The process of one camera: ``python -m capture.child``, which `capture.supervised` starts, watches and ends.

Its standard input is the camera as a line of JSON, and then a pipe that ends when the supervisor does, however that has
come about: then this process ends as well. What it writes to its standard output are reports.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from contextlib import closing
from types import FrameType
from typing import TYPE_CHECKING, Final

from capture.errors import SETTING, ConnectionLost, SourceEnded, SourceUnusable
from capture.reports import Event, Report, ReportWriter
from contracts.cameras import CameraSettings
from contracts.errors import MienError
from contracts.logs import log_context
from contracts.process import EXIT_FAILURE, run_process
from contracts.settings import Settings

if TYPE_CHECKING:
    from capture.camera import Camera

_ENDINGS: Final[dict[type[MienError], Event]] = {
    SourceUnusable: "unusable",
    ConnectionLost: "lost",
    SourceEnded: "ended",
}
_ANSWER_S: Final = 2.0
"""For so long Redis may take for one answer."""
_VOUCH_EVERY_S: Final = 0.5
_LONGEST_S: Final = 60.0
"""A process that has waited for longer has more to fear than Redis."""


def main() -> int:
    """Publish until the source ends, or the supervisor does. Returns the exit status."""
    argparse.ArgumentParser(
        prog="python -m capture.child",
        description="Publish one camera; capture starts this, and tells it the camera on its standard input.",
    ).parse_args()
    ending = Ending()
    _handle_signals(ending)
    reports = ReportWriter(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no report
    # Unbuffered: the thread that goes on reading would hold the buffer's lock when this process ends.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as described:
        camera = CameraSettings.model_construct(**json.loads(described.readline()))
    threading.Thread(target=_end_with_supervisor, name="supervisor", daemon=True).start()
    return run_process("capture", lambda settings: _run(settings, camera, reports, ending))


def _run(settings: Settings, camera: CameraSettings, reports: ReportWriter, ending: "Ending") -> None:
    with log_context(camera=camera.name):
        try:
            _publish(settings, camera, reports, ending)
        except MienError as error:
            reports.write(_last_words(error))


def _publish(settings: Settings, camera: CameraSettings, reports: ReportWriter, ending: "Ending") -> None:
    """Publish the frames of the camera until the end has begun.

    Raises:
        SourceUnusable: it cannot be opened.
        SourceLost: it gives no images any more.
        SourceEnded: it has been shown once.
    """
    # All that takes time to load comes first: once the source opens, only the source is waited for.
    from capture.camera import Camera
    from capture.selection import open_source
    from contracts.storage.connections import connect
    from contracts.storage.dispatch import Dispatcher
    from contracts.storage.frames import FrameStore
    from contracts.storage.jobs import JobStore

    _configure_opencv()
    setting = f"camera {camera.name!r}: source" if settings.cameras else SETTING
    reports.write(Report(event="opening"))
    opened = open_source(camera.source, once=camera.once, setting=setting)
    with closing(opened.source):
        pinned = opened.text if camera.source == "auto" else ""
        reports.write(Report(event="opened", kind=opened.kind, source=pinned))
        broker = connect(settings.redis_url, name="capture", max_connections=2, answer_s=_ANSWER_S)
        frame_redis = connect(settings.frame_redis_url, name="capture-frames", max_connections=2, answer_s=_ANSWER_S)
        with closing(broker), closing(frame_redis), closing(Dispatcher(settings)) as dispatcher:
            frames, jobs = FrameStore(frame_redis, settings), JobStore(broker, settings)
            running = Camera(camera, opened, frames, jobs, dispatcher, on_read=reports.read)
            threading.Thread(target=_vouch, args=(running, reports), name="vouching", daemon=True).start()
            running.run(until=lambda: ending.begun)


def _vouch(camera: "Camera", reports: ReportWriter) -> None:
    """While Redis hangs no image is read, and the source is not to blame for that: say so, within bounds."""
    while True:
        time.sleep(_VOUCH_EVERY_S)
        since = camera.busy_since
        if since is not None and _VOUCH_EVERY_S < time.monotonic() - since < _LONGEST_S:
            reports.read()


def _configure_opencv() -> None:
    """OpenCV and FFmpeg would repeat at every attempt to connect what is said once, with the camera's password."""
    import cv2

    cv2.setNumThreads(1)  # the cores belong to the workers
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # FFmpeg's word for quiet; read at the first open


def _last_words(error: MienError) -> Report:
    event = next((event for kind, event in _ENDINGS.items() if isinstance(error, kind)), "failed")
    reason = error.reason if isinstance(error, SourceUnusable) else str(error)
    return Report(event=event, reason=reason, sentence=str(error))


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


def _handle_signals(ending: Ending) -> None:
    """End by SIGTERM, also where that was blocked in the process that started all; Ctrl-C is the supervisor's."""
    signal.signal(signal.SIGTERM, ending.begin)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end_with_supervisor() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(EXIT_FAILURE)


if __name__ == "__main__":
    sys.exit(main())
