"""A worker's part of jobs' traces: the wait in the queue, and the attempt with its stages.

Each job of a batch is in the trace of its own request; attempts of one batch name each other, or the
first of them, by links. All times go by
Redis' clock, which wrote when jobs were accepted and claimed: the worker's own only measures what has passed since.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import islice
from typing import Final

from contracts.frames import Frame
from contracts.jobs import ItemResult, Job
from contracts.logs import log_context
from contracts.storage.job_queue import Batch, Finished
from contracts.tracing.spans import NO_SPAN, Attributes, Span, Tracing
from contracts.tracing.traceparent import HEADER, trace_id_of
from models.stages import Lap

MOST_IMAGES: Final = 20
"""Of a job, that have spans of their own."""
MOST_LINKS: Final = 8
"""Attempts of a batch that each of its attempts names: the first ones, so that all lead to each other."""


def about(job: Job) -> AbstractContextManager[None]:
    """The context of all log lines about a job: its own id, that of the request that made it, and its trace's."""
    return log_context(job_id=job.id, request_id=job.request_id, trace_id=trace_id_of(job.traceparent))


class AttemptTrace:
    """One attempt at one job.

    Its parts are handed on when it has ended: a worker that is killed leaves none behind that have nothing above them.
    """

    def __init__(self, span: Span = NO_SPAN, offset: float = 0.0, images: int = 0) -> None:
        """Take a span that has begun.

        Args:
            span: of the attempt.
            offset: from ``time.perf_counter`` to Redis' clock, in seconds.
            images: of the job.
        """
        self.span, self._offset, self._images = span, offset, images
        self._parts = list[Callable[[], None]]()

    def laps(self, index: int) -> list[Lap] | None:
        """Where the analyzer is to note the stages of an image; none, if nobody will see them."""
        return [] if self.span.recorded and index < MOST_IMAGES else None

    def image(self, item: ItemResult, laps: Sequence[Lap] | None, begun_at: float) -> None:
        """Note what came of an image; of a job of several each has a span of its own.

        Args:
            item: its result.
            laps: as the analyzer has noted them.
            begun_at: by ``time.perf_counter``.
        """
        if laps is None:
            return
        times = [self._offset + at for at in (begun_at, time.perf_counter())]
        moved = [Lap(lap.stage, self._offset + lap.begun_at, self._offset + lap.ended_at) for lap in laps]
        self._parts.append(partial(_note_image, self.span, item, moved, times if self._images > 1 else ()))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What happens within the block is a stage of the attempt."""
        begun_at = time.perf_counter()
        try:
            yield
        finally:
            self.part_since(name, begun_at)

    def part_since(self, name: str, begun_at: float, ended_at: float | None = None) -> None:
        """A stage is over that began then, now if no other time is given; by ``time.perf_counter``."""
        if self.span.recorded:
            times = self._offset + begun_at, self._offset + (time.perf_counter() if ended_at is None else ended_at)
            self._parts.append(partial(self.span.part, name, *times))

    def end(self, error: str = "") -> None:
        """End the attempt now."""
        for note in self._parts:
            note()
        self.span.end(self._offset + time.perf_counter(), error)


NO_ATTEMPT: Final = AttemptTrace()


class BatchTraces:
    """The attempts of one claim."""

    def __init__(self, tracing: Tracing, batch: Batch) -> None:
        """Begin them, with what is over by then: each job's wait, and the trip that brought it here."""
        self.jobs: Final = batch.jobs
        self._open: dict[str, AttemptTrace] = {}
        if not tracing.enabled:
            return
        for job, images in batch.jobs:
            if attempt := _begin(tracing, job, sum(map(len, images)), batch):
                self._open[job.id] = attempt
        _link(self._open)

    def of(self, job_id: str) -> AttemptTrace:
        """The attempt at a job of the batch."""
        return self._open.get(job_id, NO_ATTEMPT)

    @contextmanager
    def storing(self, finished: Sequence[Finished]) -> Iterator[None]:
        """The results of these are stored within the block; then their attempts are over."""
        attempts = [(self._open.pop(job.job_id), job.error) for job in finished if job.job_id in self._open]
        begun_at, stored = time.perf_counter(), False
        try:
            yield
            stored = True
        finally:
            for attempt, error in attempts:
                attempt.part_since("store", begun_at)
                attempt.end((error.code if error else "") if stored else "not_stored")

    def close(self) -> None:
        """End what is left open: jobs that were left to their leases."""
        for attempt in self._open.values():
            attempt.end("left_to_its_lease")
        self._open.clear()


class FrameTrace:
    """One frame of a camera, of which few are traced: its way from the camera to its viewers, in a trace of its own."""

    def __init__(self, tracing: Tracing, frame: Frame, part: float) -> None:
        """Begin, or not; `part` of frames are traced, from 0 to 1. All times go by this worker's clock."""
        self._span, self._offset = NO_SPAN, time.time() - time.perf_counter()
        self.laps: list[Lap] | None = None
        """Where the analyzer is to note its stages."""
        if not tracing.enabled or not part or random.random() >= part:
            return
        now = time.time()
        begun_at = min(frame.captured_at, now)
        attributes: Attributes = {"mien.bytes": len(frame.jpeg), "mien.frame.sequence": frame.stamp.sequence}
        self._span = tracing.begin("frame", begun_at, kind="consumer", attributes=attributes)
        self._span.part("queue", begun_at, now)
        self.laps = [] if self._span.recorded else None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What happens within the block is a stage of the frame's analysis, after those that are noted in `laps`."""
        begun_at = time.perf_counter()
        yield
        if self._span.recorded:
            self._span.part(name, self._offset + begun_at, self._offset + time.perf_counter())

    def close(self) -> None:
        """End it now."""
        for lap in self.laps or ():
            self._span.part(lap.stage, self._offset + lap.begun_at, self._offset + lap.ended_at)
        self._span.end(self._offset + time.perf_counter())


class WebhookTrace:
    """One try to tell a client of its job."""

    def __init__(self, tracing: Tracing, job: Job, now: float, size: int) -> None:
        """Begin.

        Args:
            tracing: records.
            job: what the client is told of; its webhook waits since it is final.
            now: seconds since 1970, by Redis' clock.
            size: bytes that are sent.
        """
        self._offset, self._span = now - time.perf_counter(), NO_SPAN
        if tracing.enabled and job.traceparent:
            attributes: Attributes = {"mien.job.id": job.id, "mien.bytes": size}
            self._span = tracing.begin("webhook", now, parent=job.traceparent, kind="client", attributes=attributes)
        passed_on = self._span.traceparent or job.traceparent
        self.headers: dict[str, str] = {HEADER: passed_on} if passed_on else {}
        """For the receiver, so that its spans are parts of this one."""

    def end(self, status: int = 0, error: str = "") -> None:
        """End with the status that was answered, or with what went wrong before there was one."""
        if status:
            self._span.note({"http.response.status_code": status})
            error = "" if 200 <= status < 300 else "http"
        self._span.end(self._offset + time.perf_counter(), error)


def _begin(tracing: Tracing, job: Job, size: int, batch: Batch) -> AttemptTrace | None:
    claimed_at = job.started_at
    if not job.traceparent or claimed_at is None:  # the request was not traced
        return None
    again = job.attempts > 1
    waited_since = job.begun_before if again and job.begun_before is not None else job.created_at
    waiting = tracing.begin("requeue" if again else "queue", waited_since, parent=job.traceparent)
    waiting.note({"mien.job.id": job.id, "mien.queue": job.queue, "mien.attempt": job.attempts})
    waiting.end(claimed_at, "no_result" if again else "")
    attributes: Attributes = {"mien.job.id": job.id, "mien.queue": job.queue, "mien.attempt": job.attempts}
    sizes: Attributes = {"mien.images": job.image_count, "mien.bytes": size, "mien.batch.jobs": len(batch.jobs)}
    span = tracing.begin(
        "attempt", claimed_at, parent=job.traceparent, kind="consumer", attributes={**attributes, **sizes}
    )
    offset = claimed_at - batch.asked_at
    attempt = AttemptTrace(span, offset, job.image_count)
    attempt.part_since("read", batch.asked_at, batch.here_at)
    return attempt


def _note_image(above: Span, item: ItemResult, laps: Sequence[Lap], times: Sequence[float]) -> None:
    """An image is over; `times`: when it began and ended, if it has a span of its own."""
    image = above.begin("image", times[0]) if times else above
    if times:
        image.note({"mien.image.index": item.index})
    for lap in laps:
        image.part(*lap)
    if item.analysis is not None:
        image.note({"mien.faces": len(item.analysis.faces)})
    if times:
        image.end(times[1], item.error.code if item.error else "")


def _link(attempts: dict[str, AttemptTrace]) -> None:
    spans = [attempt.span for attempt in attempts.values() if attempt.span.recorded]
    first = spans[: MOST_LINKS + 1]
    for span in spans:
        for other in islice((other for other in first if other is not span), MOST_LINKS):
            span.link(other.traceparent)
