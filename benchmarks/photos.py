"""Images for benchmarks: a public-domain photo of one face."""

import io
import zipfile

from PIL import Image

from capture.sources.demo import PHOTO


def face_photo(width: int = 640, height: int = 480, quality: int = 85) -> bytes:
    """A JPEG of the given size with one face of about a fifth of its height (NASA's Eileen Collins)."""
    canvas = Image.new("RGB", (width, height), (96, 110, 120))
    side = min(width, height)
    canvas.paste(Image.open(PHOTO).resize((side, side)), ((width - side) // 2, (height - side) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def archive(photo: bytes, count: int) -> bytes:
    """A ZIP of so many photos, stored as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number in range(count):
            file.writestr(f"{number:03}.jpg", photo)
    return buffer.getvalue()
