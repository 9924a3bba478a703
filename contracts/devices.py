"""Cameras that browsers send for themselves alone, known by the form of their names wherever a frame comes by.

Who sends gets the answers. Nobody else is told that there is such a camera: it stands in no list, and metrics count all
of them together, so that neither their number nor their names grow there. The name is the browser's own, made anew each
time, and long enough that nobody guesses it.
"""

import re
from typing import Final

PATTERN: Final = r"device-[0-9a-f]{32}"
_NAME: Final = re.compile(PATTERN)
TOGETHER: Final = "device"
"""What metrics call all of them."""


def is_device(camera: str) -> bool:
    """Whether this is a camera that a browser sends for itself."""
    return _NAME.fullmatch(camera) is not None


def metric_name(camera: str) -> str:
    """What metrics call a camera."""
    return TOGETHER if is_device(camera) else camera
