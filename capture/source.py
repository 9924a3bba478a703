"""What every kind of camera has in common."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.errors import ConfigurationError, MienError

BgrImage = NDArray[np.uint8]
"""uint8 [height, width, 3], channels blue, green, red, as OpenCV has them."""

SETTING = "MIEN_CAMERA_SOURCE"
"""The setting that chooses the source where there is no registry."""


class SourceUnusable(ConfigurationError):
    """A source cannot be opened as it is described."""

    def __init__(self, setting: str, shown: str, reason: str) -> None:
        """Say it of a setting, with its value as it may be shown; `reason` alone names neither path nor address."""
        super().__init__(f"{setting}={shown}: {reason}", field=setting)
        self.reason = reason


class SourceLost(MienError):
    """A source that has worked gives no images any more. The process ends; started again, it opens the source anew."""

    code = "source_lost"


class ConnectionLost(SourceLost):
    """The same of a device or an address, which may come back at any time. Its sentence names no address."""

    code = "connection_lost"


class SourceEnded(MienError):
    """A file or a folder that is shown once has been shown to its end."""

    code = "source_ended"


class CapturedImage(NamedTuple):
    """An image and when it was taken."""

    image: BgrImage
    taken_at: float
    """Seconds since 1970, right after the read."""


class FrameSource(Protocol):
    """An endless series of images. A slow reader misses some and always gets the newest."""

    @property
    def name(self) -> str:
        """How log lines call it, without any password."""

    def read(self) -> CapturedImage | None:
        """The newest image.

        Returns:
            None if there has been none for a while; the next call may have one.

        Raises:
            SourceLost: the source has come to an end, and has to be opened anew.
            SourceEnded: the source has been shown once.
        """

    def close(self) -> None:
        """Release the device, the connection or the file."""
