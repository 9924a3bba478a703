"""Images as JPEG, in the size and quality that analysis and viewers need."""

import cv2

from capture.source import BgrImage

QUALITY = 80
"""Of 100. An image of 640 by 480 pixels takes about 40 KB and 0.6 ms; more would only cost bytes."""

LONGEST_SIDE = 1920
"""Pixels. A 4K camera is scaled down to this: four times fewer bytes, and a face to be read is still 48 pixels."""


def encode(image: BgrImage) -> bytes:
    """The image as JPEG bytes, scaled down if a side is longer than `LONGEST_SIDE`."""
    height, width = image.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return bytes(jpeg)
