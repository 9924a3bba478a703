"""Analysing all images of a claim at once, where the analyzer takes many: `models.batching.BatchAnalyzer`.

While one thread's batch is on the card, that of another is decoded, and that of a third is stored. One thread is left
for photos that are waited for, and for frames: they wait for no batch.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import NamedTuple, cast

from contracts.jobs import Job
from contracts.queues import INTERACTIVE
from contracts.results import Analysis
from contracts.storage.job_queue import ClaimedJob, Finished
from models.batching import BatchAnalyzer, DeviceLost
from models.stages import Lap
from workers.leases import Together
from workers.outcomes import item_of, outcome
from workers.parts import parts
from workers.services import Services
from workers.traces import AttemptTrace, BatchTraces, about
from workers.work import Work

logger = logging.getLogger(__name__)


class _Image(NamedTuple):
    job: Job
    data: bytes
    laps: list[Lap] | None
    begun_at: float


@contextmanager
def place_in(services: Services, queue: str) -> Iterator[bool]:
    """Whether this thread may take batches of the queue, while the block runs.

    Those that nobody waits for may not have all threads. Whoever is turned away has taken the message that says that
    jobs wait; the next claim of those who have a place brings another, and whoever leaves one makes sure of it.
    """
    if queue == INTERACTIVE or not services.batch_images:
        yield True
    elif services.bulk_places.take():
        try:
            yield True
        finally:
            if services.bulk_places.leave():
                services.jobs.overdue(limit=0)
    else:
        yield False


def analyze_together(work: Work, owner: str, traces: BatchTraces) -> list[Finished]:
    """Analyse the jobs of a claim; those of one network in one call.

    Args:
        work: of the task.
        owner: who has claimed them.
        traces: of the jobs.

    Returns:
        Those that came to an end. The others are left to their leases, after a mistake of ours.
    """
    by_analyzer: dict[BatchAnalyzer, list[ClaimedJob]] = {}
    for claimed in traces.jobs:
        analyzer = cast("BatchAnalyzer", work.networks.of_job(claimed.job))  # each network has the eyes of the first
        by_analyzer.setdefault(analyzer, []).append(claimed)
    finished = list[Finished]()
    for analyzer, jobs in by_analyzer.items():
        finished += _analyze(work, analyzer, owner, jobs, traces)
    return finished


def _analyze(
    work: Work, analyzer: BatchAnalyzer, owner: str, jobs: Sequence[ClaimedJob], traces: BatchTraces
) -> Iterator[Finished]:
    begun_at = time.perf_counter()
    images = [
        _Image(claimed.job, data, traces.of(claimed.job.id).laps(index), begun_at)
        for claimed in jobs
        for index, data in enumerate(claimed.images)
    ]
    try:
        found = zip(images, _found(work, analyzer, owner, images), strict=True)
        outcomes = iter(list(found))
    except DeviceLost:
        raise
    except Exception:
        logger.exception("%d jobs could not be analysed together, and will be tried again", len(jobs))
        return
    for claimed in jobs:
        own = list(islice(outcomes, len(claimed.images)))
        if ended := _end(work, owner, claimed, own, traces.of(claimed.job.id)):
            yield ended


def _found(work: Work, analyzer: BatchAnalyzer, owner: str, images: Sequence[_Image]) -> Sequence[Analysis | Exception]:
    if not images:
        return ()
    found = list[Analysis | Exception]()
    with work.services.leases.together() as together:
        for part in _parts(work, images):
            now = images[part.start : part.stop]
            found += analyzer.analyze_images(
                [image.data for image in now],
                work.tally.cpu_seconds,
                work.tally.pool_seconds,
                laps=[image.laps for image in now],
                around=partial(_decoding, together, owner, now),
            )
    return found


def _parts(work: Work, images: Sequence[_Image]) -> Iterable[range]:
    """What is analysed at once: all, but of a job that is claimed alone, as it may have more than any claim of many."""
    if len({image.job.id for image in images}) > 1:
        return [range(len(images))]
    return parts([image.data for image in images], work.services.settings.max_pixels)


@contextmanager
def _decoding(together: Together, owner: str, images: Sequence[_Image], number: int) -> Iterator[None]:
    """What is entered on the thread that decodes an image: what hangs there, or is told in the log, is its job's."""
    job = images[number].job
    with about(job), together.held(job.id, owner):
        yield


def _end(
    work: Work,
    owner: str,
    claimed: ClaimedJob,
    found: Sequence[tuple[_Image, Analysis | Exception]],
    attempt: AttemptTrace,
) -> Finished | None:
    with about(claimed.job), work.services.leases.held(claimed.job.id, owner):
        try:
            items = []
            for index, (image, result) in enumerate(found):
                item = item_of(index, result)
                attempt.image(item, image.laps, image.laps[0].begun_at if image.laps else image.begun_at)
                items.append(item)
            return outcome(work.services, owner, claimed, items, work.tally, attempt=attempt)
        except Exception:
            logger.exception("job %s could not be ended, and will be tried again", claimed.job.id)
            return None
