"""Pictures that tests look at: NASA's portrait of Eileen Collins, which the demo camera shows."""

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.sources.demo import portrait

ASTRONAUT_FACE = (175, 65, 100, 115)
"""Left, top, width and height of the face in the portrait, in pixels, drawn by eye."""


def astronaut() -> NDArray[np.uint8]:
    """The portrait: 512x512 pixels, RGB."""
    return np.asarray(cv2.cvtColor(portrait(), cv2.COLOR_BGR2RGB), dtype=np.uint8)
