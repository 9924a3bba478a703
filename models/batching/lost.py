"""When it is the device that fails, and no image."""

from typing import Final

import cv2
import numpy as np


class DeviceLost(Exception):
    """The device computes nothing any more, as when the driver has lost a card; only a fresh process may."""


def _encoded_nothing() -> bytes:
    return cv2.imencode(".png", np.full((48, 48, 3), 127, np.uint8))[1].tobytes()


NOTHING: Final = _encoded_nothing()
"""An image without a face: whatever cannot read this one is at fault itself."""
