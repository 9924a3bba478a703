"""From what a setting names to a source."""

import logging
from pathlib import Path
from typing import NamedTuple

from capture.errors import SETTING, SourceUnusable
from capture.source import FrameSource
from capture.sources.address import open_address
from capture.sources.demo import DemoCamera
from capture.sources.device import has_device, open_device
from capture.sources.folder import ImageFolder
from capture.sources.video import VideoFile
from contracts.addresses import host_of
from contracts.cameras import DEVICE, KINDS_OF_ADDRESSES, MISSPELT_ADDRESS
from contracts.errors import ConfigurationError

logger = logging.getLogger(__name__)


class Opened(NamedTuple):
    """A source, and what it turned out to be."""

    source: FrameSource
    kind: str
    """As `contracts.cameras.CameraSettings.kind`."""
    text: str
    """What means the same source from now on: `auto` is decided once, so that no camera that is unplugged for a while
    turns into the demo."""


def open_source(text: str, *, once: bool = False, setting: str = SETTING) -> Opened:
    """The source that the text means: ``auto``, ``demo``, a device, an address, a video file or an image folder.

    Args:
        text: as the setting has it.
        once: end a file or a folder instead of beginning again.
        setting: which one, for the errors.

    Raises:
        SourceUnusable: it means none, or what it means cannot be opened.
    """
    try:
        return _open(text, once)
    except ConfigurationError as error:
        raise SourceUnusable(setting, _shown(text), str(error)) from None


def _shown(text: str) -> str:
    """What may be told of it. Of an address that is misspelt nobody knows which part is the password: nothing."""
    if "://" in text:
        return host_of(text)
    return "…" if "@" in text or MISSPELT_ADDRESS.match(text) else text


def _open(text: str, once: bool) -> Opened:
    if text == "auto":
        text = _decide()
    if text == "demo":
        return Opened(DemoCamera(), "demo", text)
    if device := DEVICE.fullmatch(text):
        return Opened(open_device(int(device[1])), "device", text)
    if "://" in text:
        kind = _kind_of_address(text)
        return Opened(open_address(text), kind, text)
    path = Path(text).expanduser()
    if path.is_dir():
        return Opened(ImageFolder(path, once=once), "folder", text)
    if path.is_file():
        return Opened(VideoFile(path, once=once), "file", text)
    if _shown(text) != text:
        raise ConfigurationError(
            "there is no such file or folder, and it is no address either: one begins with rtsp:// or http://."
        )
    raise ConfigurationError(
        "there is no such file or folder. "
        "Give `auto`, `demo`, a device number, an RTSP or HTTP address, a video file or an image folder."
    )


def _decide() -> str:
    if has_device(0):
        return "0"
    logger.info("There is no camera; showing the demo. Set %s to choose another source.", SETTING)
    return "demo"


def _kind_of_address(url: str) -> str:
    kind = KINDS_OF_ADDRESSES.get(url.partition("://")[0].lower())
    if kind is None:
        known = ", ".join(f"{scheme}://" for scheme in sorted(KINDS_OF_ADDRESSES))
        raise ConfigurationError(f"an address has to begin with {known}.")
    return kind
