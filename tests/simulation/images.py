"""Images of the simulation: a few bytes each, of which follows what an analysis finds."""

import hashlib
from collections.abc import Callable, Sequence

from contracts.errors import CorruptImage
from contracts.jobs import ItemResult, Problem
from contracts.results import Analysis

POISON = b"poison"
"""How an image begins that ends the process which decodes it."""
CORRUPT = b"corrupt"
"""How one begins that cannot be decoded."""


def find(image: bytes) -> Analysis:
    """The reference result of an image.

    Raises:
        CorruptImage: it is one.
    """
    if image.startswith(CORRUPT):
        raise CorruptImage("The image cannot be decoded.")
    width = int.from_bytes(hashlib.sha256(image).digest()[:3], "big") + 1
    return Analysis(width=width, height=1, faces=[], detector="lite", model="mien-2")


def reference(images: Sequence[bytes]) -> list[ItemResult]:
    """The items of a job of these images."""
    items = []
    for index, image in enumerate(images):
        try:
            items.append(ItemResult(index=index, analysis=find(image)))
        except CorruptImage as error:
            items.append(ItemResult(index=index, error=Problem.of(error)))
    return items


def drawn(image: bytes) -> bytes:
    """The image with its boxes drawn."""
    return b"drawn " + image


class Analyzer:
    """In place of the networks."""

    detector_name, model_name = "lite", "mien-2"

    def __init__(self, work: Callable[[], None], die: Callable[[bytes], None]) -> None:
        """Take time by `work`; `die` of an image ends the process."""
        self._work, self._die = work, die

    def analyze_image(self, data: bytes, cpu_seconds: dict[str, float], **_: object) -> Analysis:
        """Find what is in an image, or die of it."""
        self._work()
        if data.startswith(POISON):
            self._die(data)
        return find(data)
