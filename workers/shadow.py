"""Reading images a second time, with a network that is only tried: what it says is counted, and forgotten.

It never delays an answer. It begins when the answer is stored; it reads one image at a time, while a thread of this
worker has nothing to do and no photo waits for one; and what finds no such moment soon is dropped, and counted as that.
"""

import collections
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from contracts.errors import MienError
from contracts.metrics import (
    STAGE_CPU_SECONDS,
    metric_key,
)
from contracts.network_metrics import (
    SHADOW_CONFIDENCE,
    SHADOW_DIFFERENCE,
    SHADOW_DISAGREED,
    SHADOW_FACES,
    SHADOW_IMAGES,
)
from contracts.results import Analysis, Face
from workers.metrics import PendingCounters

if TYPE_CHECKING:
    from models import Analyzer

logger = logging.getLogger(__name__)

KEPT_S: Final = 10.0
"""So long an image waits for a moment without other work."""
KEPT_IMAGES: Final = 32
KEPT_BYTES: Final = 16_000_000
_LOOK_EVERY_S: Final = 0.05


class _Image(NamedTuple):
    data: bytes
    answer: Analysis
    analyzer: "Analyzer"
    keep: bool
    until: float


class ShadowReader:
    """A thread that reads images a second time. Thread-safe."""

    def __init__(
        self,
        counters: PendingCounters,
        has_time: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        look_every_s: float = _LOOK_EVERY_S,
    ) -> None:
        """Prepare the thread; it starts with the first image.

        Args:
            counters: what is found is added to them.
            has_time: whether nothing else is to be done at this moment.
            clock: gives seconds, and never goes back.
            look_every_s: how often to ask for time while there is none.
        """
        self._counters, self._has_time, self._clock, self._look_every_s = counters, has_time, clock, look_every_s
        self._changed = threading.Condition()
        self._images = collections.deque[_Image]()
        self._bytes = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def offer(self, data: bytes, answer: Analysis, analyzer: "Analyzer", *, keep: bool = False) -> None:
        """Read this image when there is time; returns at once.

        Args:
            data: a whole file.
            answer: what was stored of it.
            analyzer: with the network that is tried.
            keep: as for the answer; see `models.analyzer.Analyzer.analyze_image`.
        """
        with self._changed:
            full = len(self._images) >= KEPT_IMAGES or self._bytes + len(data) > KEPT_BYTES
            if full or self._stopped.is_set():
                self._dropped(analyzer)
                return
            self._images.append(_Image(data, answer, analyzer, keep, self._clock() + KEPT_S))
            self._bytes += len(data)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop; what waits is dropped."""
        self._stopped.set()
        with self._changed:
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def __enter__(self) -> Self:
        """Nothing to do: the thread starts with the first image."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            image = self._next()
            if image is None:
                continue
            if self._time_comes(image):
                self._read(image)
            else:
                self._dropped(image.analyzer)

    def _next(self) -> _Image | None:
        with self._changed:
            self._changed.wait_for(lambda: self._images or self._stopped.is_set())
            if not self._images:
                return None
            image = self._images.popleft()
            self._bytes -= len(image.data)
            return image

    def _time_comes(self, image: _Image) -> bool:
        while not self._stopped.is_set() and self._clock() < image.until:
            try:
                if self._has_time():
                    return True
            except MienError:  # nobody knows what waits
                pass
            self._stopped.wait(self._look_every_s)
        return False

    def _dropped(self, analyzer: "Analyzer") -> None:
        self._counters.add({metric_key(SHADOW_IMAGES, network=analyzer.model_name, outcome="dropped"): 1})

    def _read(self, image: _Image) -> None:
        begun = time.thread_time()
        amounts = defaultdict[str, float](float)
        network = image.analyzer.model_name
        try:
            second = image.analyzer.analyze_image(image.data, keep=image.keep)
            compare(amounts, image.answer, second)
            outcome = "read"
        except Exception as error:
            logger.warning("the network %s in the shadow could not read an image: %s", network, type(error).__name__)
            outcome = "failed"
        amounts[metric_key(SHADOW_IMAGES, network=network, outcome=outcome)] += 1
        amounts[metric_key(STAGE_CPU_SECONDS, stage="shadow")] += time.thread_time() - begun
        self._counters.add(amounts)


def compare(amounts: defaultdict[str, float], answer: Analysis, second: Analysis) -> None:
    """Count how two networks read the faces of an image; both saw the same ones, as the detector is the same.

    Args:
        amounts: counters, to be added to.
        answer: what was told.
        second: of the network in the shadow.
    """
    others = {face.box: face for face in second.faces}
    for face in answer.faces:
        if other := others.get(face.box):
            _compare_faces(amounts, face, other, {"network": second.model, "answered_by": answer.model})


def _compare_faces(amounts: defaultdict[str, float], face: Face, other: Face, labels: dict[str, str]) -> None:
    if face.emotion is None or other.emotion is None or face.confidence is None or other.confidence is None:
        return
    agrees = face.emotion == other.emotion
    amounts[metric_key(SHADOW_FACES, agrees=str(agrees).lower(), **labels)] += 1
    if not agrees:
        amounts[metric_key(SHADOW_DISAGREED, answered=face.emotion, shadow=other.emotion, **labels)] += 1
    amounts[metric_key(SHADOW_CONFIDENCE, of="answer", **labels)] += face.confidence
    amounts[metric_key(SHADOW_CONFIDENCE, of="shadow", **labels)] += other.confidence
    amounts[metric_key(SHADOW_DIFFERENCE, **labels)] += abs(face.confidence - other.confidence)
