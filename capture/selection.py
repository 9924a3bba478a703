"""From the text of a setting to a source."""

import logging
import re
from pathlib import Path
from urllib.parse import urlsplit

from capture.source import SETTING, FrameSource
from capture.sources.address import SCHEMES, open_address
from capture.sources.demo import DemoCamera
from capture.sources.device import has_device, open_device
from capture.sources.folder import ImageFolder
from capture.sources.video import VideoFile
from contracts.addresses import without_password
from contracts.errors import ConfigurationError

logger = logging.getLogger(__name__)
_DEVICE = re.compile(r"(?:/dev/video)?(\d{1,3})")


def open_source(text: str) -> FrameSource:
    """The source that the text means: ``auto``, ``demo``, a device, an address, a video file or an image folder.

    Raises:
        ConfigurationError: it means none, or what it means cannot be opened.
    """
    if text == "auto":
        return _open_auto()
    if text == "demo":
        return DemoCamera()
    if device := _DEVICE.fullmatch(text):
        return open_device(int(device[1]))
    if "://" in text:
        return _open_address(text)
    path = Path(text).expanduser()
    if path.is_dir():
        return ImageFolder(path)
    if path.is_file():
        return VideoFile(path)
    raise ConfigurationError(
        f"{SETTING}={text}: there is no such file or folder. "
        "Give `auto`, `demo`, a device number, an RTSP or HTTP address, a video file or an image folder.",
        field=SETTING,
    )


def _open_auto() -> FrameSource:
    if has_device(0):
        return open_device(0)
    logger.info("There is no camera; showing the demo. Set %s to choose another source.", SETTING)
    return DemoCamera()


def _open_address(url: str) -> FrameSource:
    if urlsplit(url).scheme.lower() not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES))
        raise ConfigurationError(
            f"{SETTING}={without_password(url)}: an address has to begin with {known}.",
            field=SETTING,
        )
    return open_address(url)
