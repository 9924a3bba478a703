"""What every kind of camera has in common."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

BgrImage = NDArray[np.uint8]
"""One picture: uint8 [height, width, 3], blue first, as OpenCV has it."""

SETTING = "MIEN_CAMERA_SOURCE"
"""The setting that chooses the source; every sentence about a source names it."""


class CapturedImage(NamedTuple):
    """A picture and when it was taken."""

    image: BgrImage
    taken_at: float
    """Seconds since 1970, right after the read."""


class FrameSource(Protocol):
    """An endless series of pictures; whoever reads slowly misses some and always gets the newest."""

    @property
    def name(self) -> str:
        """What a person would call it, without any password."""

    def read(self) -> CapturedImage | None:
        """The newest picture. None: there has been none for a while; ask again.

        Raises:
            ConfigurationError: there will never be another one.
        """

    def close(self) -> None:
        """Let go of the device, the connection or the file."""
