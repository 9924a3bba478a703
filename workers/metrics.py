"""What analyses add to the counters that all processes share: summed up here, and sent once a second."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from contracts.errors import AttemptsExhausted
from contracts.jobs import ItemResult, Job, JobState, Problem
from contracts.metrics import (
    BATCH_IMAGES,
    BATCH_JOBS,
    FACES_FOUND,
    IMAGES_ANALYZED,
    IMAGES_DONE,
    JOB_DURATION,
    JOB_WAIT,
    JOBS_ANALYZED,
    JOBS_BEGUN,
    JOBS_FAILED,
    JOBS_FINISHED,
    STAGE_CPU_SECONDS,
    STAGE_DURATION,
    STAGE_SECONDS,
    metric_key,
    observe,
)
from contracts.network_metrics import (
    NETWORK_CLASSIFY_SECONDS,
    NETWORK_CONFIDENCE,
    NETWORK_FACES,
    NETWORK_IMAGES,
)
from contracts.results import NO_MODEL, Analysis
from contracts.storage.counters import CounterStore
from contracts.storage.job_queue import Batch


class Tally:
    """What one task does, on one thread."""

    def __init__(self, queue: str) -> None:
        """Begin to count, CPU time included, for work of this queue."""
        self.cpu_seconds: dict[str, float] = {}
        """CPU time by stage of this thread, for the analyzer to add to."""
        self.pool_seconds: dict[str, float] = {}
        """The same of other threads that work for it."""
        self._queue = queue
        self._jobs = self._images = 0
        self._begun = time.thread_time()
        self._amounts: defaultdict[str, float] = defaultdict(float)
        self._claimed: dict[str, tuple[float, float]] = {}
        """Job → seconds from its acceptance to its claim, and when that was."""

    def claimed(self, batch: Batch) -> Batch:
        """Count what a claim gave, and which jobs it found to be over. Returns the same."""
        jobs = [claimed.job for claimed in batch.jobs]
        if jobs:
            observe(self._amounts, BATCH_JOBS, len(jobs), queue=self._queue)
            observe(self._amounts, BATCH_IMAGES, sum(job.image_count for job in jobs), queue=self._queue)
        for job in jobs:
            self.begun(job)
        if batch.exhausted:
            self._amounts[metric_key(JOBS_FINISHED, state=JobState.FAILED.value)] += batch.exhausted
            self._amounts[metric_key(JOBS_FAILED, code=AttemptsExhausted.code)] += batch.exhausted
        if batch.expired:
            self._amounts[metric_key(JOBS_FINISHED, state=JobState.EXPIRED.value)] += batch.expired
        return batch

    def begun(self, job: Job) -> None:
        """Count an attempt, and how long the job has waited for its first one."""
        wait_s = max(0.0, (job.started_at or job.created_at) - job.created_at)
        self._claimed[job.id] = wait_s, time.monotonic()
        self._amounts[metric_key(JOBS_BEGUN, queue=self._queue)] += 1
        if job.attempts <= 1:
            observe(self._amounts, JOB_WAIT, wait_s, queue=self._queue)

    def ended(self, job_id: str, error: Problem | None) -> None:
        """Count how long a job took whose result is stored, and why it failed, if it did."""
        if job_id in self._claimed:
            wait_s, begun = self._claimed.pop(job_id)
            observe(self._amounts, JOB_DURATION, wait_s + time.monotonic() - begun, queue=self._queue)
        if error is not None:
            self._amounts[metric_key(JOBS_FAILED, code=error.code)] += 1

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
        add_cpu(self._amounts, self.pool_seconds)
        amounts = dict(self._amounts)
        self._amounts.clear()
        self.cpu_seconds.clear()
        self.pool_seconds.clear()
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
        observe(amounts, STAGE_DURATION, milliseconds / 1000, stage=stage)


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
