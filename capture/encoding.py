"""Images as JPEG, in the size and quality that analysis and viewers need; each camera has its own."""

import cv2

from capture.source import BgrImage


def encode(image: BgrImage, longest_side: int, quality: int) -> bytes:
    """The image as JPEG bytes.

    Args:
        image: what was captured.
        longest_side: pixels; an image with a longer side is scaled down.
        quality: of the JPEG, 1 to 100.
    """
    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return bytes(jpeg)
