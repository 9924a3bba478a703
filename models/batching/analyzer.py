"""The analysis of many images at once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from contracts.results import Analysis
from models.analyzer import Analyzer
from models.stages import Lap

LARGEST: Final = 256
"""Images of the largest batch that any card is given."""


class BatchAnalyzer(Analyzer):
    """Finds the faces of many images, and reads them. May be used by several threads at once."""

    largest_batch: int = LARGEST
    """Images that one call takes best, at most; smaller once the card's memory did not suffice."""

    def analyze_images(
        self,
        images: Sequence[bytes],
        cpu_seconds: dict[str, float] | None = None,
        pool_seconds: dict[str, float] | None = None,  # noqa: ARG002
        *,
        laps: Sequence[list[Lap] | None] | None = None,
        around: Callable[[int], AbstractContextManager[Any]] = nullcontext,
    ) -> list[Analysis | Exception]:
        """Find the faces of images; whatever is wrong with one of them stays with it.

        Args:
            images: whole JPEG, PNG, WebP, AVIF or HEIC files, any number.
            cpu_seconds: the CPU time of each stage on the calling thread is added to it.
            pool_seconds: the same of the threads that decode.
            laps: of each image, where it is noted when each of its stages began and ended; by ``time.perf_counter``.
            around: gives what is entered while the image of this number, and no other, is worked on, as it is decoded.

        Returns:
            Of each image its analysis, or what went wrong: an `InvalidImage` where that is the image's fault.
        """
        found = list[Analysis | Exception]()
        for number, image in enumerate(images):
            try:
                with around(number):
                    each = laps[number] if laps else None
                    found.append(self.analyze_image(image, cpu_seconds, laps=each))
            except Exception as error:
                found.append(error)
        return found
