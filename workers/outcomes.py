"""What comes of a job's images, and so of the job."""

import logging

from contracts.errors import AnalysisFailed, InvalidImage
from contracts.jobs import ItemResult, Problem
from contracts.results import Analysis
from contracts.storage.job_queue import ClaimedJob, Finished
from models.stages import StageTimer
from workers.annotation import keep_annotated
from workers.metrics import Tally
from workers.services import Services
from workers.traces import AttemptTrace

logger = logging.getLogger(__name__)


def item_of(index: int, found: Analysis | Exception) -> ItemResult:
    """The result of one image; whatever was wrong with it stays with it, and what is our mistake is told in the log."""
    if isinstance(found, Analysis):
        return ItemResult(index=index, analysis=found)
    if isinstance(found, InvalidImage):
        return ItemResult(index=index, error=Problem.of(found))
    logger.error("image %d could not be analysed", index, exc_info=found)
    unexpected = AnalysisFailed("The image could not be analysed because of an internal error.")
    return ItemResult(index=index, error=Problem.of(unexpected))


def outcome(
    services: Services,
    owner: str,
    claimed: ClaimedJob,
    items: list[ItemResult],
    tally: Tally,
    *,
    attempt: AttemptTrace,
) -> Finished:
    """The outcome of a job, of whose images this came; they are drawn on if its client wants that.

    Args:
        services: what to work with.
        owner: who has claimed it.
        claimed: the job.
        items: one an image.
        tally: the CPU time of drawing is added to it.
        attempt: what is traced of it.
    """
    if claimed.job.options.annotate:
        stages = StageTimer(tally.cpu_seconds)
        with attempt.stage("annotate"):
            keep_annotated(services, claimed.job, owner, claimed.images, items)
        stages.end("draw")
    return Finished(claimed.job.id, items, _common_error(items))


def _common_error(items: list[ItemResult]) -> Problem | None:
    """A job has failed if none of its images could be analysed."""
    if any(item.error is None for item in items):
        return None
    first = items[0].error if items else None
    return first or Problem.of(AnalysisFailed("The job has no images any more."))
