"""An analyzer of many images at once that needs no graphics card, nor Keras, and to which a test may do something."""

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from contracts.jobs import Job, JobState
from contracts.results import Analysis
from models import Analyzer
from models.batching import BatchAnalyzer
from models.stages import Lap
from workers.services import Services


def image(number: int) -> bytes:
    """A small image without a face; of numbers below 256 no two are the same."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), number, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def states(services: Services, jobs: Sequence[Job]) -> list[JobState]:
    """How far each of these jobs is."""
    return [services.jobs.get(job.id).state for job in jobs]


class OneByOne(BatchAnalyzer):
    """Is given many images at once, and reads one after the other, by the networks of another analyzer.

    As a `models.batching.BatchAnalyzer`, it works on each of them on a thread that is not the caller's.
    """

    largest_batch: int = 256
    analyze_image = Analyzer.analyze_image
    decode = Analyzer.decode
    warm_up = Analyzer.warm_up

    def __init__(
        self,
        analyzer: Analyzer,
        at: Mapping[bytes, Callable[[], object]] = MappingProxyType({}),
        then: Callable[[], object] = lambda: None,
        largest: int = 256,
    ) -> None:
        """Read as this analyzer does.

        Args:
            analyzer: whose networks it has.
            at: image → what is called when it is decoded, and may raise.
            then: what is called when all are decoded, as a card is.
            largest: images of a batch.
        """
        vars(self).update(vars(analyzer))
        self.at, self.then, self.largest_batch = dict(at), then, largest
        self.calls = list[list[bytes]]()

    def analyze_images(
        self,
        images: Sequence[bytes],
        cpu_seconds: dict[str, float] | None = None,
        pool_seconds: dict[str, float] | None = None,
        *,
        laps: Sequence[list[Lap] | None] | None = None,
        around: Callable[[int], AbstractContextManager[Any]] = nullcontext,
    ) -> list[Analysis | Exception]:
        """As the base has it."""
        self.calls.append(list(images))

        def read(number: int) -> Analysis | Exception:
            with around(number):
                try:
                    self.at.get(images[number], lambda: None)()
                    return Analyzer.analyze_image(
                        self, images[number], pool_seconds, laps=laps[number] if laps else None
                    )
                except Exception as error:
                    return error

        with ThreadPoolExecutor(1) as thread:
            found = list(thread.map(read, range(len(images))))
        self.then()
        return found
