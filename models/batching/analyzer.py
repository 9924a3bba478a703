"""The analysis of many images at once."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from contracts.emotions import Head
from contracts.errors import InvalidImage
from contracts.results import Analysis
from models.analyzer import Analyzer
from models.batching.crops import Crops, Square
from models.batching.decoders import decoding_threads
from models.batching.detector import BatchDetector, Begun
from models.batching.lost import NOTHING, DeviceLost
from models.batching.squares import squares
from models.classification import Classifier
from models.detection import Detection, Detector
from models.detection.lite import LiteDetector
from models.faces import Reading
from models.images.decode import MAX_PIXELS, DecodedImage, EncodedImage
from models.images.decoder_process import DecoderPool
from models.runtimes import DEFAULT_ACCELERATION, Acceleration
from models.runtimes.accelerator import accelerator
from models.runtimes.keras import KerasRuntime
from models.stages import Lap, StageTimer

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Around = Callable[[], AbstractContextManager[Any]]


@dataclass
class _Item:
    """One image on its way."""

    encoded: EncodedImage
    image: DecodedImage
    keep: bool
    stages: StageTimer
    """Of what is done for this image alone."""
    laps: list[Lap] | None
    around: Around
    begun: Begun | None = None
    """Its search, which has asked for the first passes; none once these have been run."""


class BatchAnalyzer(Analyzer):
    """Finds the faces of many images, and reads them. May be used by several threads at once.

    Images are decoded side by side; passes of the detector, crops and readings of all of them are few large calls.
    While one thread's call is computed, others decode, and prepare the next one.
    """

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier | None,
        max_pixels: int = MAX_PIXELS,
        children: DecoderPool | None = None,
        labels: Head = "fer2013",
        *,
        acceleration: Acceleration = DEFAULT_ACCELERATION,
    ) -> None:
        """Work with these networks; arguments are those of `Analyzer`, and how the device is to be used."""
        super().__init__(detector, classifier, max_pixels, children, labels)
        self._acceleration, self._accelerator = acceleration, accelerator(acceleration)
        self._crops = Crops(self._accelerator)
        self._searches: BatchDetector | None = None
        if isinstance(detector, LiteDetector) and isinstance(detector.runtime, KerasRuntime):
            self._searches = BatchDetector(detector, detector.runtime)

    @property
    def largest_batch(self) -> int:
        """Images that one call takes best, at most; fewer once the device's memory did not suffice."""
        return self._accelerator.sizes.largest

    def reading_with(self, classifier: Classifier) -> "BatchAnalyzer":
        """See `Analyzer.reading_with`."""
        other = BatchAnalyzer(
            self._detector, classifier, self._max_pixels, self._children, self._labels, acceleration=self._acceleration
        )
        other._crops, other._searches = self._crops, self._searches  # compiled already
        return other

    def analyze_image(
        self,
        data: bytes,
        cpu_seconds: dict[str, float] | None = None,
        *,
        keep: bool = False,
        laps: list[Lap] | None = None,
    ) -> Analysis:
        """See `Analyzer.analyze_image`."""
        item = self._opened(data, cpu_seconds, laps, nullcontext, keep=keep)
        (looked,) = self._looked_at([item], cpu_seconds)
        if isinstance(looked, Exception):
            raise looked
        return looked

    def analyze_images(
        self,
        images: Sequence[bytes],
        cpu_seconds: dict[str, float] | None = None,
        pool_seconds: dict[str, float] | None = None,
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

        Raises:
            DeviceLost: no image is at fault, but the device, for all of them and for those to come.
        """
        seconds = [dict[str, float]() for _ in images]
        pending = [
            decoding_threads(len(images)).submit(
                self._opened,
                data,
                seconds[number],
                laps[number] if laps else None,
                partial(around, number),
            )
            for number, data in enumerate(images)
        ]
        opened = [future.exception() or future.result() for future in pending]
        items = [each for each in opened if isinstance(each, _Item)]
        answers = iter(self._looked_at(items, cpu_seconds))
        for each in seconds:
            _add(each, pool_seconds)
        return [next(answers) if isinstance(each, _Item) else _ordinary(each) for each in opened]

    def warm_up(self) -> None:
        """Compile everything for every size of batch, so that no image waits for it."""
        if self._searches is not None:
            self._searches.warm_up()
        if self._classifier is not None:
            self._crops.warm_up()
            self._classifier.prepare(1)
        super().warm_up()

    def _opened(
        self,
        data: bytes,
        cpu_seconds: dict[str, float] | None,
        laps: list[Lap] | None,
        around: Around,
        *,
        keep: bool = False,
    ) -> _Item:
        """Decode an image, and ask for its first passes; on any thread."""
        with around():
            stages = StageTimer(cpu_seconds, laps=laps)
            encoded = EncodedImage(data, self._max_pixels, self._children)
            image = encoded.decode(self._detector.sufficient_size(encoded.longest_side))
            item = _Item(encoded, image, keep, stages, laps, around)
            self._begin(item)
            stages.end("decode")
            return item

    def _begin(self, item: _Item) -> None:
        if self._searches is not None:
            item.begun = self._searches.begin(item.image.pixels, item.encoded.longest_side, keep=item.keep)

    def _looked_at(self, items: Sequence[_Item], cpu_seconds: dict[str, float] | None) -> list[Analysis | Exception]:
        """Look at images together; if that fails, at both halves of them, so that only what is at fault is lost."""
        if not items:
            return []
        try:
            return list[Analysis | Exception](self._look(items, cpu_seconds))
        except Exception as error:
            self._check_device(error)
            if len(items) == 1:
                return [error]
            logger.warning("a batch of %d images fails, and is analysed in halves: %s", len(items), error)
        half = len(items) // 2
        return [*self._looked_at(items[:half], cpu_seconds), *self._looked_at(items[half:], cpu_seconds)]

    def _check_device(self, error: Exception) -> None:
        """Do nothing if the error is that of an image: another image is analysed.

        Raises:
            DeviceLost: not even an empty image is.
        """
        if isinstance(error, InvalidImage):
            return
        try:
            self._look([self._opened(NOTHING, None, None, nullcontext)], None)
        except Exception as again:
            device = self._accelerator.backend.device.name
            raise DeviceLost(f"{device} analyses nothing any more, not even an empty image: {again}") from error

    def _look(self, items: Sequence[_Item], cpu_seconds: dict[str, float] | None) -> list[Analysis]:
        shared = list[Lap]()
        stages = StageTimer(cpu_seconds, laps=shared)
        detections = self._detect(items)
        stages.end("detect")
        readings: list[list[Reading] | list[None]] = [[None] * len(found) for found in detections]
        if self._classifier is not None:
            readings = list(self._read(self._classifier, items, detections, stages))
        for item in items:
            for stage, milliseconds in stages.milliseconds.items():
                own = item.stages.milliseconds
                own[stage] = round(own.get(stage, 0.0) + milliseconds / len(items), 3)
            if item.laps is not None:
                item.laps.extend(shared)
        return [
            self._analysis(item.image, found, read, item.stages.milliseconds)
            for item, found, read in zip(items, detections, readings, strict=True)
        ]

    def _detect(self, items: Sequence[_Item]) -> list[list[Detection]]:
        if self._searches is None:
            return list(self._each(self._found_alone, items))
        begun = list[Begun]()
        for item in items:
            if item.begun is None:  # it was in a batch that failed
                self._begin(item)
            assert item.begun is not None  # noqa: S101
            begun.append(item.begun)
            item.begun = None
        return self._searches.finish(begun)

    def _found_alone(self, item: _Item) -> list[Detection]:
        return self._detector.detect(item.image.pixels, item.encoded.longest_side, keep=item.keep)

    @staticmethod
    def _each(work: Callable[..., Result], items: Sequence[_Item], *more: Sequence[Any]) -> Iterator[Result]:
        """What the work on each item gives: side by side, unless there is only one."""
        if len(items) == 1:
            return map(work, items, *more)
        return decoding_threads(len(items)).map(work, items, *more)

    def _read(
        self,
        classifier: Classifier,
        items: Sequence[_Item],
        detections: Sequence[list[Detection]],
        stages: StageTimer,
    ) -> list[list[Reading]]:
        """What is read of each face of each image."""

        def cut(item: _Item, found: list[Detection]) -> list[Square]:
            if not found:
                return []
            with item.around():
                finer, rescaled = self._seen_finer(classifier, item.encoded, item.image, found)
                return squares(finer.pixels, rescaled, classifier.card.crop)

        cuts = list(self._each(cut, items, detections))
        stages.end("decode")
        crops = self._crops.of([square for each in cuts for square in each])
        stages.lap("crop")
        probabilities = classifier.predict_by(self._labels, crops)
        stages.end("classify")
        readings = map(Reading, probabilities, crops)
        return [[next(readings) for _ in each] for each in cuts]


def _add(seconds: dict[str, float], to: dict[str, float] | None) -> None:
    if to is not None:
        for stage, each in seconds.items():
            to[stage] = to.get(stage, 0.0) + each


def _ordinary(error: BaseException) -> Exception:
    """The error, if it is one of an image, and not the end of this process."""
    if isinstance(error, Exception):
        return error
    raise error
