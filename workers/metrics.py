"""What analyses add to the counters that all processes share: summed up here, and sent once a second."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from contracts.jobs import ItemResult, JobState
from contracts.metrics import (
    FACES_FOUND,
    IMAGES_ANALYZED,
    IMAGES_DONE,
    JOBS_ANALYZED,
    JOBS_FINISHED,
    STAGE_CPU_SECONDS,
    STAGE_SECONDS,
    metric_key,
)
from contracts.network_metrics import (
    NETWORK_CLASSIFY_SECONDS,
    NETWORK_CONFIDENCE,
    NETWORK_FACES,
    NETWORK_IMAGES,
)
from contracts.results import NO_MODEL, Analysis
from contracts.storage.counters import CounterStore


class Tally:
    """What one task does, on one thread."""

    def __init__(self, queue: str) -> None:
        """Begin to count, CPU time included, for work of this queue."""
        self.cpu_seconds: dict[str, float] = {}
        """CPU time by stage, for the analyzer to add to."""
        self._queue = queue
        self._jobs = self._images = 0
        self._begun = time.thread_time()
        self._amounts: defaultdict[str, float] = defaultdict(float)

    def add(self, items: Iterable[ItemResult], state: JobState) -> None:
        """Count a job whose result is stored."""
        analyses, images = [item.analysis for item in items if item.analysis is not None], len(list(items))
        self._jobs, self._images = self._jobs + 1, self._images + images
        self._amounts[metric_key(JOBS_ANALYZED, queue=self._queue)] += 1
        self._amounts[metric_key(IMAGES_DONE, queue=self._queue)] += images
        self._amounts[metric_key(JOBS_FINISHED, state=state.value)] += 1
        self._amounts[IMAGES_ANALYZED] += len(analyses)
        for analysis in analyses:
            add_analysis(self._amounts, analysis)

    def take(self) -> dict[str, float]:
        """What was added since the last call; CPU time that belongs to no stage is the store's."""
        now = time.thread_time()
        self.cpu_seconds["store"] = now - self._begun - sum(self.cpu_seconds.values())
        add_cpu(self._amounts, self.cpu_seconds)
        amounts = dict(self._amounts)
        self._amounts.clear()
        self.cpu_seconds.clear()
        self._begun = now
        return amounts

    @property
    def text(self) -> str:
        """For people: how many jobs and images."""
        return f"{self._jobs} job{'s' * (self._jobs != 1)}, {self._images} image{'s' * (self._images != 1)}"


class PendingCounters:
    """Counters of this process on their way to Redis. Thread-safe.

    A worker that is killed takes what it has not sent along: a second of it, at most.
    """

    def __init__(self, store: CounterStore) -> None:
        """Count for this store."""
        self._store = store
        self._lock = threading.Lock()
        self._amounts: defaultdict[str, float] = defaultdict(float)

    def add(self, amounts: dict[str, float]) -> None:
        """Add to several counters."""
        with self._lock:
            for name, amount in amounts.items():
                self._amounts[name] += amount

    def flush(self) -> None:
        """Send what there is.

        Raises:
            BrokerUnavailable: it stays here, for the next time.
        """
        with self._lock:
            amounts, self._amounts = self._amounts, defaultdict(float)
        if not amounts:
            return
        try:
            self._store.add(amounts)
        except Exception:
            self.add(amounts)
            raise


def add_analysis(amounts: defaultdict[str, float], analysis: Analysis) -> None:
    """Add what one analysis found, and how long each stage took, to the counters in `amounts`."""
    amounts[FACES_FOUND] += len(analysis.faces)
    _add_network(amounts, analysis)
    for stage, milliseconds in analysis.stages_ms.items():
        amounts[metric_key(STAGE_SECONDS, stage=stage)] += milliseconds / 1000


def _add_network(amounts: defaultdict[str, float], analysis: Analysis) -> None:
    """What networks say side by side; nothing where none reads."""
    if analysis.model == NO_MODEL:
        return
    amounts[metric_key(NETWORK_IMAGES, network=analysis.model)] += 1
    amounts[metric_key(NETWORK_CLASSIFY_SECONDS, network=analysis.model)] += (
        analysis.stages_ms.get("classify", 0) / 1000
    )
    for face in analysis.faces:
        if face.emotion is not None and face.confidence is not None:
            amounts[metric_key(NETWORK_FACES, network=analysis.model, emotion=face.emotion)] += 1
            amounts[metric_key(NETWORK_CONFIDENCE, network=analysis.model)] += face.confidence


def add_cpu(amounts: defaultdict[str, float], cpu_seconds: dict[str, float]) -> None:
    """Add CPU time by stage to the counters in `amounts`."""
    for stage, seconds in cpu_seconds.items():
        amounts[metric_key(STAGE_CPU_SECONDS, stage=stage)] += seconds
