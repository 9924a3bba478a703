"""What every kind of camera has in common."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

BgrImage = NDArray[np.uint8]
"""uint8 [height, width, 3], channels blue, green, red, as OpenCV has them."""


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
