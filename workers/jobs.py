"""Analysing jobs: claim those that are next, look at each image, write each result once."""

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Final, TypedDict

from contracts.errors import JobGone, MienError, RecordUnreadable
from contracts.jobs import ItemResult
from contracts.logs import log_context
from contracts.queues import INTERACTIVE
from contracts.storage.job_queue import ONE_BY_ONE, Batch, ClaimedJob, Finished, Limits
from contracts.storage.job_steps import Claim
from contracts.storage.patience import until_answered
from models import Analyzer
from models.stages import Lap
from workers.batches import analyze_together, place_in
from workers.leases import Lease
from workers.metrics import Tally
from workers.networks import InForce
from workers.outcomes import item_of, outcome
from workers.services import Services
from workers.traces import AttemptTrace, BatchTraces, about
from workers.work import Work

_TIME_SLICE_S: Final = 0.05
"""After so long a task ends, and Celery chooses anew which queue is next; what has been claimed is finished before, and
each result stored as soon as it is there."""

logger = logging.getLogger(__name__)


class _Place(TypedDict):
    """A claimant among others."""

    sharing: int
    isolating: bool
    limits: Limits


def analyze_jobs(services: Services, queue: str) -> str:
    """Analyse the jobs that are next in a queue, until it is empty or the time slice is over.

    A message says only that there is work: doubled, or without any, it does no harm.

    Args:
        services: what to work with.
        queue: one of `contracts.queues.JOB_QUEUES`.

    Returns:
        What was done, for the log and for Flower.
    """
    with place_in(services, queue) as placed:
        if not placed:
            return "left to the batches that are under way"
        with services.networks.held() as networks:
            return _analyze_jobs(Work(services, networks, queue, Tally(queue)))


def _analyze_jobs(work: Work) -> str:
    services, _, queue, tally = work
    ends_at = time.monotonic() + _TIME_SLICE_S
    owner = _new_owner(services)
    batch = tally.claimed(services.job_queue.claim(queue, owner, **_place(services, queue)))
    while batch.jobs:
        jobs, traces = batch.jobs, BatchTraces(services.tracing, batch)
        with services.leases.waiting([(claimed.job.id, owner) for claimed in jobs]), closing(traces):
            finished = list[Finished]()
            for ended in _analyze_claim(work, owner, traces):
                finished += ended
                if time.monotonic() >= ends_at:  # it waits for no other
                    work.stored(jobs, finished, _finish(services, owner, finished, traces))
                    finished = []
            next_owner = _new_owner(services)
            if time.monotonic() < ends_at:
                with traces.storing(finished):
                    place = _place(services, queue)
                    step = services.job_queue.finish_and_claim(owner, finished, queue, next_owner, **place)
            else:
                step = _finish(services, owner, finished, traces), Batch()
            written, batch = step[0], tally.claimed(step[1])
        work.stored(jobs, finished, written)
        owner = next_owner
    services.counters.add(tally.take())  # what the last claim found
    return _isolate(services, batch.isolated) if batch.isolated else tally.text


def _finish(services: Services, owner: str, finished: Sequence[Finished], traces: BatchTraces) -> list[bool]:
    with traces.storing(finished):
        return services.job_queue.finish(owner, finished)


def _place(services: Services, queue: str) -> _Place:
    isolating = not services.isolated_jobs.busy
    if images := services.batch_images:
        return {"sharing": services.fleet.batching(queue), "isolating": isolating, "limits": Limits.together(images)}
    return {"sharing": services.fleet.threads, "isolating": isolating, "limits": ONE_BY_ONE}


def _isolate(services: Services, job_id: str) -> str:
    with log_context(job_id=job_id):
        attempts = _attempts(services, job_id)
        ended = services.isolated_jobs.run(job_id)
        if ended.failed and attempts is not None and attempts == _attempts(services, job_id):
            _count_attempt(services, job_id)
    services.jobs.overdue()  # others were passed over while it ran: a message says that they are there
    return ended.text


def _attempts(services: Services, job_id: str) -> int | None:
    """How often the job has been begun; none once it is final, or gone."""
    try:
        job = until_answered(lambda: services.jobs.get(job_id), services.settings.lease_s)
    except (JobGone, RecordUnreadable):
        return None
    return None if job.state.final else job.attempts


def _count_attempt(services: Services, job_id: str) -> None:
    """Claim a job whose process ended before it could, as where memory suffices for none: or it is tried for ever.

    Nobody prolongs that lease.
    """
    owner = _new_owner(services)
    until_answered(lambda: services.jobs.claim(job_id, owner, isolated=True), services.settings.lease_s)


def analyze_isolated_job(services: Services, job_id: str) -> str:
    """Analyse one job in a process that runs nothing else. Safe to call twice, or in two processes: only one writes.

    Returns:
        What became of it, for the log: a verdict of the claim, ``finished``, or ``lost`` if the lease was.
    """
    # Held before the claim: a plan that names other networks has them loaded, which no lease should wait for.
    with ExitStack() as holding:
        networks = until_answered(lambda: holding.enter_context(services.networks.held()), services.settings.lease_s)
        return _claim_and_analyze(services, networks, job_id)


def _claim_and_analyze(services: Services, networks: InForce, job_id: str) -> str:
    owner = _new_owner(services)
    lease_s = services.settings.lease_s
    verdict = until_answered(lambda: services.jobs.claim(job_id, owner, isolated=True), lease_s)
    if verdict is not Claim.CLAIMED:
        logger.info("job %s is not for this process: %s", job_id, verdict)
        tally = Tally(INTERACTIVE)  # whatever its queue was, which no longer matters
        tally.claimed(Batch(exhausted=verdict is Claim.EXHAUSTED, expired=verdict is Claim.EXPIRED))
        services.counters.add(tally.take())
        return verdict.value
    asked_at = time.perf_counter()
    with services.leases.waiting([(job_id, owner)]):  # Redis may be away for as long as the lease lasts
        claimed = until_answered(lambda: ClaimedJob(services.jobs.get(job_id), services.jobs.images(job_id)), lease_s)
    traces = BatchTraces(services.tracing, Batch((claimed,), asked_at=asked_at, here_at=time.perf_counter()))
    with about(claimed.job), closing(traces):
        return _analyze_claimed(services, networks, owner, claimed, traces)


def _analyze_claimed(
    services: Services, networks: InForce, owner: str, claimed: ClaimedJob, traces: BatchTraces
) -> str:
    tally, attempt = Tally(claimed.job.queue), traces.of(claimed.job.id)
    tally.begun(claimed.job)
    with services.leases.held(claimed.job.id, owner):
        analyzer = networks.of_job(claimed.job)
        items = [_analyze_item(analyzer, *image, tally, attempt) for image in enumerate(claimed.images)]
        finished = outcome(services, owner, claimed, items, tally, attempt=attempt)
        written = _finish(services, owner, [finished], traces)
        Work(services, networks, claimed.job.queue, tally).stored([], [finished], written)
    return "finished" if written[0] else "lost"


def _new_owner(services: Services) -> str:
    return f"{services.name}/{secrets.token_hex(4)}"


def _analyze_claim(work: Work, owner: str, traces: BatchTraces) -> Iterator[list[Finished]]:
    """Analyse the jobs of a claim: those that are done, as soon as they are."""
    if work.services.batch_images:
        yield analyze_together(work, owner, traces)
        return
    for place, claimed in enumerate(traces.jobs):
        yields = bool(place) and work.queue != INTERACTIVE
        if ended := _analyze_job(work, owner, claimed, traces.of(claimed.job.id), yields=yields):
            yield [ended]


def _analyze_job(
    work: Work, owner: str, claimed: ClaimedJob, attempt: AttemptTrace, *, yields: bool
) -> Finished | None:
    """Analyse one job; none, if that fails by a mistake of ours: it is left to its lease, and costs no other.

    Args:
        work: of the task.
        owner: who has claimed it.
        claimed: the job.
        attempt: what is traced of it.
        yields: whether a photo may overtake before its first image, as before all others.
    """
    services, tally, analyzer = work.services, work.tally, work.networks.of_job(claimed.job)
    with about(claimed.job), services.leases.held(claimed.job.id, owner) as lease:
        try:
            items = list[ItemResult]()
            for index, data in enumerate(claimed.images):
                if index or yields:
                    _analyze_waiting_photo(services, lease)
                items.append(_analyze_item(analyzer, index, data, tally, attempt))
            return outcome(services, owner, claimed, items, tally, attempt=attempt)
        except Exception:
            logger.exception("job %s could not be analysed, and will be tried again", claimed.job.id)
            return None


def _analyze_waiting_photo(services: Services, lease: Lease) -> None:
    """Between two images: analyse a photo that a client waits for, where this worker takes such jobs.

    All threads may be busy with jobs of a hundred images. None begins while the photos so far have taken longer than
    the job itself: it takes twice its own time, and that of one photo, at most. Their time does not count to its limit.

    Args:
        services: what to work with.
        lease: of the job, which pauses.
    """
    if INTERACTIVE not in services.settings.worker_queues.split(",") or lease.paused_s > lease.own_s:
        return
    if not services.photo_turns.take():
        return
    with lease.paused():
        try:
            _take_and_analyze(services)
        except MienError as error:
            logger.warning("a photo could not overtake a larger job: %s", error)
        except Exception:  # of the photo, which is not lost; the larger job goes on
            logger.exception("a photo that overtook a larger job could not be analysed")


def _take_and_analyze(services: Services) -> None:
    owner = _new_owner(services)
    with services.networks.held() as networks:
        work = Work(services, networks, INTERACTIVE, Tally(INTERACTIVE))
        batch = work.tally.claimed(services.job_queue.claim(INTERACTIVE, owner, single=True))
        if batch.jobs:
            traces = BatchTraces(services.tracing, batch)
            with services.leases.waiting([(claimed.job.id, owner) for claimed in batch.jobs]), closing(traces):
                finished = [job for ended in _analyze_claim(work, owner, traces) for job in ended]
                written = _finish(services, owner, finished, traces)
            work.stored(batch.jobs, finished, written)


def _analyze_item(analyzer: Analyzer, index: int, data: bytes, tally: Tally, attempt: AttemptTrace) -> ItemResult:
    begun_at, laps = time.perf_counter(), attempt.laps(index)
    item = _item(analyzer, index, data, tally, laps)
    attempt.image(item, laps, begun_at)
    return item


def _item(analyzer: Analyzer, index: int, data: bytes, tally: Tally, laps: list[Lap] | None) -> ItemResult:
    try:
        return item_of(index, analyzer.analyze_image(data, tally.cpu_seconds, laps=laps))
    except Exception as error:
        return item_of(index, error)
