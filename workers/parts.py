"""The images of a large job, a part at a time: all of them decoded at once could be more than the memory holds."""

from collections.abc import Iterator, Sequence
from typing import Final

from contracts.errors import InvalidImage
from models.images.decode import SUFFICIENT_SIDE
from models.images.header import read_header

MOST_PIXELS: Final = 128_000_000
"""Of what is decoded together, 384 MB; a claim of several jobs has no more."""


def parts(images: Sequence[bytes], max_pixels: int, most: int = MOST_PIXELS) -> Iterator[range]:
    """Divide images, in their order, into parts that can be decoded at once.

    Args:
        images: whole files; what is none takes no memory.
        max_pixels: the most that an image may have.
        most: pixels of a part, decoded, but for a first image that has more.

    Yields:
        The numbers of a part's images; together those of all.
    """
    begin, pixels = 0, 0
    for number, data in enumerate(images):
        own = _decoded(data, max_pixels)
        if number > begin and pixels + own > most:
            yield range(begin, number)
            begin, pixels = number, 0
        pixels += own
    yield range(begin, len(images))


def _decoded(data: bytes, max_pixels: int) -> int:
    """The most pixels that are decoded of an image; of a JPEG fewer than it has, if it is large."""
    try:
        header = read_header(data, max_pixels)
    except InvalidImage:
        return 0
    pixels = header.width * header.height
    if header.format != "JPEG":
        return pixels
    return min(pixels, round(pixels * (2 * SUFFICIENT_SIDE / max(header.width, header.height)) ** 2))
