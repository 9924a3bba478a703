"""A queue of jobs as workers see it: a few at a time, with all that is needed to work on them, in one trip each."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.jobs import ItemResult, Job, Problem
from contracts.logs import log_context
from contracts.queues import JOB_QUEUES
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.job_hash import from_stored, pairs
from contracts.storage.job_images import in_order
from contracts.storage.job_steps import RECORD_AND_IMAGES, SHARED, claimant, servers_time
from contracts.storage.jobs import JobStore
from contracts.storage.patience import refuses_for_now, until_answered
from contracts.storage.scripts import Call, load_script, run_scripts
from contracts.storage.wakeups import wakeup

logger = logging.getLogger(__name__)

MOST_IMAGES: Final = 8
"""Images that a claim gives at most, but for a job that has more: some twenty milliseconds of work."""
MOST_BYTES: Final = 4_000_000
"""Of those images, but for a job that has more: a script copies them, and Redis serves nobody else meanwhile."""
MOST_PIXELS: Final = 4_000_000
"""Of those images, but for a job that has more: the first result is ready before the last image is looked at."""
MOST_BYTES_TOGETHER: Final = 16_000_000
"""In place of `MOST_BYTES` for an analyzer of many images at once: Redis copies them within some ten milliseconds."""
LOOKED_AT: Final = 64
"""Jobs of a queue, from the next on, at least."""


class Limits(NamedTuple):
    """What a claim gives at most, but for a first job that has more."""

    images: int = MOST_IMAGES
    bytes: int = MOST_BYTES
    pixels: int = MOST_PIXELS

    @classmethod
    def together(cls, images: int) -> Self:
        """For an analyzer that takes so many images at once; of pixels it has as many an image as any other."""
        return cls(images, MOST_BYTES_TOGETHER, max(MOST_PIXELS, images * MOST_PIXELS // MOST_IMAGES))


ONE_BY_ONE: Final = Limits()


class ClaimedJob(NamedTuple):
    """A job that is the claimant's now."""

    job: Job
    images: list[bytes]
    """As they were uploaded, in order."""


@dataclass(frozen=True)
class Batch:
    """What a claim gave."""

    jobs: Sequence[ClaimedJob] = ()
    isolated: str = ""
    """Instead of jobs: the id of one for a process of its own, which is not claimed yet."""
    exhausted: int = 0
    """Jobs that were found to have used up their attempts, and have failed."""
    expired: int = 0
    """Jobs whose deadlines had passed."""
    asked_at: float = field(default=0.0, compare=False)
    """When the trip to Redis began that claimed them, in seconds of ``time.perf_counter``."""
    here_at: float = field(default=0.0, compare=False)
    """When it was over, images and all, by the same clock."""


class Finished(NamedTuple):
    """The outcome of a job."""

    job_id: str
    items: Sequence[ItemResult]
    error: Problem | None


class JobQueue:
    """Claims and finishes jobs by the batch. Thread-safe."""

    def __init__(
        self, redis: Redis, jobs: JobStore, settings: Settings, clock: Callable[[], float | str] = servers_time
    ) -> None:
        """Use the broker Redis, and the store of the same jobs; `clock` gives seconds since 1970, in tests."""
        self._redis, self._jobs, self._settings, self._clock = redis, jobs, settings, clock
        self._claim_next = load_script(redis, "claim_next")

    def claim(
        self,
        queue: str,
        owner: str,
        *,
        sharing: int = 1,
        single: bool = False,
        isolating: bool = True,
        limits: Limits = ONE_BY_ONE,
    ) -> Batch:
        """Take the jobs that are next.

        While Redis does not answer it is asked again, for as long as a lease: the jobs may be this owner's already.

        Args:
            queue: one of `contracts.queues.JOB_QUEUES`.
            owner: who takes them; new for every claim. Asking again as the same gives the same jobs.
            sharing: how many claimants take jobs from the queue.
            single: one job of one image that was never begun, or none.
            isolating: whether the claimant could start a process for an isolated job; otherwise such stay in the queue.
            limits: what it gives at most.

        Raises:
            BrokerUnavailable: it has been away for longer, and others get the jobs.
        """
        call = self._claim_call(queue, owner, sharing, single=single, isolating=isolating, limits=limits)
        asked_at, (answer,) = until_answered(lambda: (time.perf_counter(), self._run([call])), self._settings.lease_s)
        if isinstance(answer, Exception):
            with translate_errors():
                raise answer
        return self._batch(answer, asked_at)

    def finish(self, owner: str, finished: Sequence[Finished]) -> list[bool]:
        """Store results, each once; see `JobStore.finish`.

        While Redis is away, or refuses writes, they are kept, for `job_time_limit_s`: no other worker gets the jobs
        before it is back, and one that got them then is not overwritten.

        Raises:
            BrokerUnavailable, Overloaded: it has been away for longer.
        """
        return self._written(finished, self._run_held(self._finish_calls(owner, finished))[1])

    def finish_and_claim(
        self,
        owner: str,
        finished: Sequence[Finished],
        queue: str,
        next_owner: str,
        *,
        sharing: int,
        isolating: bool,
        limits: Limits = ONE_BY_ONE,
    ) -> tuple[list[bool], Batch]:
        """Both in one trip, and as `finish` while Redis is away: asked again, both give the same.

        Returns:
            For each job whether its result was written, and the next batch; none if it could not be claimed.
        """
        call = self._claim_call(queue, next_owner, sharing, single=False, isolating=isolating, limits=limits)
        asked_at, (*written, claimed) = self._run_held([*self._finish_calls(owner, finished), call])
        stored = self._written(finished, written)
        if isinstance(claimed, Exception):
            logger.error("the next jobs of the queue %s could not be claimed", queue, exc_info=claimed)
            return stored, Batch()
        return stored, self._batch(claimed, asked_at)

    def _run(self, calls: Sequence[Call]) -> list[Any]:
        with translate_errors():
            answers = run_scripts(self._redis, calls)
            for answer in filter(refuses_for_now, answers):
                raise answer
        return answers

    def _run_held(self, calls: Sequence[Call]) -> tuple[float, list[Any]]:
        """When they were asked the last time, which was answered, and the answers."""
        return until_answered(lambda: (time.perf_counter(), self._run(calls)), self._settings.job_time_limit_s)

    def _finish_calls(self, owner: str, finished: Sequence[Finished]) -> list[Call]:
        first, rest = [keys.claimed(owner)], list[str]()
        return [
            self._jobs.finish_call(job_id, owner, items, error, *(rest if place else first))
            for place, (job_id, items, error) in enumerate(finished)
        ]

    @staticmethod
    def _written(finished: Sequence[Finished], answers: Sequence[Any]) -> list[bool]:
        """Whether each was; one that failed costs the others, and the jobs that were claimed with it, nothing."""
        for job, answer in zip(finished, answers, strict=True):
            if isinstance(answer, Exception):
                with log_context(job_id=job.job_id):
                    logger.error("the result of job %s could not be stored", job.job_id, exc_info=answer)
        return [not isinstance(answer, Exception) and bool(answer) for answer in answers]

    def _batch(self, answer: Any, asked_at: float) -> Batch:
        kind, found, *ended = answer
        exhausted, expired = ended or (0, 0)
        if kind == b"isolated":
            return Batch((), found.decode(), exhausted, expired)
        parts = zip(found[::3], found[1::3], found[2::3], strict=True)
        jobs = tuple(claimed for part in parts if (claimed := self._claimed(*part)) is not None)
        return Batch(jobs, "", exhausted, expired, asked_at=asked_at, here_at=time.perf_counter())

    def _claimed(self, job_id: bytes, fields: Sequence[bytes], images: Sequence[bytes] | None) -> ClaimedJob | None:
        """The job; none if its record is damaged: it is given up like one that kills, and costs the others nothing."""
        try:
            job = from_stored(pairs(fields))
            return ClaimedJob(job, self._images(job.id) if images is None else in_order(pairs(images)))
        except (RecordUnreadable, ValueError) as error:
            with log_context(job_id=job_id.decode()):
                logger.error("the record of job %s cannot be read: %s", job_id.decode(), error)
            return None

    def _images(self, job_id: str) -> list[bytes]:
        return until_answered(lambda: self._jobs.images(job_id), self._settings.lease_s)

    def _claim_call(
        self, queue: str, owner: str, sharing: int, *, single: bool, isolating: bool, limits: Limits
    ) -> Call:
        others = [keys.queued(other) for other in JOB_QUEUES if other != queue]
        return Call(
            self._claim_next,
            [keys.claimed(owner), queue, *SHARED, keys.queued(queue), *others, keys.LANES],
            [
                *claimant(self._settings, self._clock(), owner),
                *RECORD_AND_IMAGES,
                1 if single else limits.images,
                limits.bytes,
                limits.pixels,
                max(1, sharing),
                int(single),
                int(isolating),
                max(LOOKED_AT, 2 * limits.images),
                queue,
                wakeup(queue),
            ],
        )
