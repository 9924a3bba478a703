"""Processes whose clock is wrong: by libfaketime, which `make test` installs (``python -m support.faketime``).

Only the time of day is wrong. What counts seconds, the monotonic clock, is right on any machine.
"""

import platform
import sys
from pathlib import Path
from typing import Final

from support.programs import install_package, unavailable

PACKAGE: Final = "libfaketime"
REMEDY: Final = f"Install it: apt-get install {PACKAGE}"
_LIBRARY: Final = Path(f"/usr/lib/{platform.machine()}-linux-gnu/faketime/libfaketimeMT.so.1")


def clock_off(seconds: float) -> dict[str, str]:
    """What a process's environment has, so that its clock is ahead by so much, or behind."""
    if not _LIBRARY.exists():
        unavailable(PACKAGE, REMEDY)
    return {
        "LD_PRELOAD": str(_LIBRARY),
        "FAKETIME": f"{seconds:+f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(Path(__file__).parent),  # for `sitecustomize`
    }


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    if not _LIBRARY.exists() and sys.platform == "linux":
        print(f"{PACKAGE} is not here: installing it with apt-get.", flush=True)
        if not install_package(PACKAGE):
            print(f"It could not be installed: the tests of wrong clocks are skipped. {REMEDY}", flush=True)
    return 0  # on a build server the tests themselves fail
