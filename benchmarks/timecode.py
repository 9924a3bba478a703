"""The time as blocks of black and white in a picture, which survive JPEG and are read back from a browser's canvas."""

import time
from typing import Final

import cv2
import numpy as np

from capture.source import BgrImage, CapturedImage
from capture.sources.demo import HEIGHT, DemoCamera

BITS: Final = 24
"""Milliseconds since 1970, modulo 4.6 hours."""
CHECK_BITS: Final = 4
"""Sum of the others in groups of four: a block that was read wrong is noticed."""
BLOCK: Final = 20
"""Pixels of a side: more than two of JPEG's blocks."""

READ: Final = f"""(pixels, width) => {{
  const bit = (place) => Number(pixels[4 * ({BLOCK // 2} * width + place * {BLOCK} + {BLOCK // 2})] > 127);
  let code = 0, sum = 0;
  for (let place = 0; place < {BITS}; place += 4) {{
    let four = 0;
    for (let i = 0; i < 4; i++) four = 2 * four + bit(place + i);
    code = 16 * code + four;
    sum += four;
  }}
  let check = 0;
  for (let i = 0; i < {CHECK_BITS}; i++) check = 2 * check + bit({BITS} + i);
  return sum % 16 === check ? code : null;
}}"""
"""JavaScript: the code in the pixels of the strip, as `getImageData` gives them; null if it is none."""

STRIP: Final = (0, HEIGHT - BLOCK, (BITS + CHECK_BITS) * BLOCK, BLOCK)
"""Left, top, width and height of the strip."""


def code_of(moment: float) -> int:
    """The code of a time in seconds since 1970."""
    return round(1000 * moment) % (1 << BITS)


def burn(image: BgrImage, moment: float) -> None:
    """Write a time into a picture of the demo's size."""
    code = code_of(moment)
    check = sum((code >> shift) & 15 for shift in range(0, BITS, 4)) % 16
    text = f"{code:0{BITS}b}{check:0{CHECK_BITS}b}"
    blocks = np.array([255 * int(bit) for bit in text], np.uint8)
    strip = np.repeat(np.repeat(blocks[None], BLOCK, 0), BLOCK, 1)
    left, top, width, height = STRIP
    image[top : top + height, left : left + width] = cv2.cvtColor(strip, cv2.COLOR_GRAY2BGR)


class TimeCamera(DemoCamera):
    """The demo camera, with the time of each picture in it."""

    name = "The demo camera with a time code"

    def read(self) -> CapturedImage:
        """The image of this moment."""
        captured = super().read()
        moment = time.time()
        burn(captured.image, moment)
        return CapturedImage(captured.image, moment)
