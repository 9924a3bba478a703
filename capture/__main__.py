"""Run the cameras of this host: ``python -m capture``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

from contracts.process import run_process
from contracts.settings import Settings

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)


def main(argv: Sequence[str] | None = None) -> int:
    """Supervise the cameras until a signal ends it. Returns the exit status."""
    argparse.ArgumentParser(
        prog="python -m capture",
        description="Publish the frames of all cameras until SIGTERM. MIEN_CAMERAS names a file of them; without it "
        "MIEN_CAMERA_SOURCE names one: `auto`, `demo`, a device number, an RTSP or HTTP address, a video file or an "
        "image folder.",
        epilog="Settings are read from the environment; docs/settings.md lists them, docs/cameras.md shows the file.",
    ).parse_args(argv)
    ending = Ending()
    for told in _ENDINGS:
        signal.signal(told, ending.begin)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)  # whoever started this may have blocked them
    return run_process("capture", lambda settings: _run(settings, ending))


class Ending:
    """Whether the process has been told to end. It is noted, and nothing is raised: nothing here waits for long."""

    def __init__(self) -> None:
        self.begun = False

    def begin(self, _: int, __: FrameType | None) -> None:
        """End soon."""
        self.begun = True


def _run(settings: Settings, ending: Ending) -> None:
    from capture.supervisor import Supervisor

    Supervisor(settings).run(until=lambda: ending.begun)


if __name__ == "__main__":
    sys.exit(main())
