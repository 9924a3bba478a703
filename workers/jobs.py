"""Analysing a job: claim it, look at each image, write the result once."""

import logging
import secrets
import time
from collections import defaultdict
from typing import Final

from contracts.errors import AnalysisFailed, InvalidImage, MienError, Overloaded
from contracts.jobs import ItemResult, JobState, Problem
from contracts.logs import log_context
from contracts.metrics import IMAGES_ANALYZED, IMAGES_DONE, JOBS_ANALYZED, JOBS_FINISHED, metric_key
from contracts.queues import INTERACTIVE
from contracts.results import Analysis
from contracts.storage.jobs import Claim
from models.drawing import at_most, draw_faces, encode_jpeg
from models.stages import StageTimer
from workers.leases import Lease
from workers.metrics import add_analysis, add_cpu
from workers.services import Services

_ANNOTATED_SIDE: Final = 1_280
"""Pixels that the longer side of an annotated image has at most."""

logger = logging.getLogger(__name__)


def analyze_job(services: Services, job_id: str, *, isolated: bool = False) -> str:
    """Analyse a stored job. Safe to call twice, or in two workers at once: only one of them writes.

    Args:
        services: what to work with.
        job_id: the job.
        isolated: as `JobStore.claim` takes it.

    Returns:
        What became of it, for the log: a verdict of the claim, ``finished``, or ``lost`` if the lease was.
    """
    begun, cpu_seconds = time.thread_time(), dict[str, float]()
    owner = f"{services.name}/{secrets.token_hex(4)}"  # of this message: its duplicate may come to this worker, too
    verdict = services.jobs.claim(job_id, owner, isolated=isolated)
    if verdict is not Claim.CLAIMED:
        logger.info("job %s is not for this worker: %s", job_id, verdict)
        return verdict.value
    with services.leases.held(job_id, owner) as lease:
        job = services.jobs.get(job_id)
        images = services.jobs.images(job_id)
        items = list[ItemResult]()
        for index, data in enumerate(images):
            if index and not isolated:
                begun += _analyze_waiting_photo(services, lease)
            items.append(_analyze_item(services, index, data, cpu_seconds))
        if job.options.annotate:
            stages = StageTimer(cpu_seconds)
            _keep_annotated(services, job_id, owner, images, items)
            stages.end("draw")
        error = _common_error(items)
        written = services.jobs.finish(job_id, owner, items, error)
    if not written:
        logger.warning("job %s was taken over by another worker while this one analysed it", job_id)
        return "lost"
    cpu_seconds["store"] = time.thread_time() - begun - sum(cpu_seconds.values())
    _count(services, job.queue, items, JobState.FAILED if error else JobState.SUCCEEDED, cpu_seconds)
    return "finished"


def _analyze_waiting_photo(services: Services, lease: Lease) -> float:
    """Between two images of a job: analyse a photo that a client waits for, where this worker takes such jobs.

    All threads may be busy with jobs of a hundred images. None begins while the photos so far have taken longer than
    the job itself: it takes twice its own time, and that of one photo, at most. Their time does not count to its limit.

    Args:
        services: what to work with.
        lease: of the job, which pauses.

    Returns:
        Seconds of CPU that it took.
    """
    if INTERACTIVE not in services.settings.worker_queues.split(",") or lease.paused_s > lease.own_s:
        return 0.0
    begun = time.thread_time()
    with lease.paused():
        _take_and_analyze(services)
    return time.thread_time() - begun


def _take_and_analyze(services: Services) -> None:
    try:
        if job_id := services.single_jobs.take(INTERACTIVE):
            with log_context(job_id=job_id):
                analyze_job(services, job_id)
    except MienError as error:
        logger.warning("a photo could not overtake a larger job: %s", error)
    except Exception:  # of the photo, which is not lost; the larger job goes on
        logger.exception("a photo that overtook a larger job could not be analysed")


def _analyze_item(services: Services, index: int, data: bytes, cpu_seconds: dict[str, float]) -> ItemResult:
    """Analyse one image; whatever is wrong with it stays with it."""
    try:
        return ItemResult(index=index, analysis=services.analyzer.analyze_image(data, cpu_seconds))
    except InvalidImage as error:
        return ItemResult(index=index, error=Problem.of(error))
    except Exception:
        logger.exception("image %d could not be analysed", index)
        unexpected = AnalysisFailed("The image could not be analysed because of an internal error.")
        return ItemResult(index=index, error=Problem.of(unexpected))


def _keep_annotated(services: Services, job_id: str, owner: str, images: list[bytes], items: list[ItemResult]) -> None:
    for data, item in zip(images, items, strict=True):
        if item.analysis is not None:
            # Annotated images may be missing; the result, which is always written, may not.
            jpeg = _annotated(services, data, item.analysis)
            try:
                kept = services.jobs.annotated_images.put(job_id, owner, item.index, jpeg)
            except Overloaded as error:
                logger.warning("job %s gets no annotated images: %s", job_id, error)
                return
            if not kept:
                logger.warning(
                    "job %s gets no annotated images: MIEN_MAX_ANNOTATED_BYTES, or its client's share, are kept, "
                    "or it is no longer this worker's",
                    job_id,
                )
                return


def _annotated(services: Services, data: bytes, analysis: Analysis) -> bytes:
    """The image with its boxes drawn, no larger than it is looked at: it is kept for as long as the result."""
    decoded = services.analyzer.decode(data)
    pixels = at_most(decoded.pixels, _ANNOTATED_SIDE)
    return encode_jpeg(draw_faces(pixels, analysis.faces, decoded.width / pixels.shape[1]))


def _common_error(items: list[ItemResult]) -> Problem | None:
    """A job has failed if none of its images could be analysed."""
    if any(item.error is None for item in items):
        return None
    first = items[0].error if items else None
    return first or Problem.of(AnalysisFailed("The job has no images any more."))


def _count(
    services: Services, queue: str, items: list[ItemResult], state: JobState, cpu_seconds: dict[str, float]
) -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    amounts[metric_key(JOBS_ANALYZED, queue=queue)] = 1
    amounts[metric_key(IMAGES_DONE, queue=queue)] = len(items)
    amounts[metric_key(JOBS_FINISHED, state=state.value)] = 1
    for item in items:
        if item.analysis is not None:
            amounts[IMAGES_ANALYZED] += 1
            add_analysis(amounts, item.analysis)
    add_cpu(amounts, cpu_seconds)
    try:
        services.counters.add(amounts)
    except MienError as error:  # the result is stored, and that is what counts
        logger.warning("a finished job is not counted: %s", error)
