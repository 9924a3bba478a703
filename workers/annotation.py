"""Images of jobs with their boxes drawn, for those that ask for them."""

import logging
from typing import Final

from contracts.errors import MienError
from contracts.jobs import ItemResult, Job
from contracts.results import Analysis
from models.blurring import heads, hide
from models.drawing import at_most, draw_faces, encode_jpeg
from workers.services import Services

_ANNOTATED_SIDE: Final = 1_280
"""Pixels that the longer side of an annotated image has at most."""

logger = logging.getLogger(__name__)


def keep_annotated(services: Services, job: Job, owner: str, images: list[bytes], items: list[ItemResult]) -> None:
    """Keep an image with its boxes drawn for each that was analysed, as far as there is room."""
    job_id = job.id
    for data, item in zip(images, items, strict=True):
        if item.analysis is not None:
            # Annotated images may be missing; the result, which is always written, may not.
            jpeg = _annotated(services, data, item.analysis, blur=job.options.blur)
            try:
                kept = services.jobs.annotated_images.put(job_id, owner, item.index, jpeg)
            except MienError as error:  # Redis is full, or away: the result can wait for it, and does
                logger.warning("job %s gets no annotated images: %s", job_id, error)
                return
            if not kept:
                logger.warning(
                    "job %s gets no annotated images: MIEN_MAX_ANNOTATED_BYTES, or its client's share, are kept, "
                    "or it is no longer this worker's",
                    job_id,
                )
                return


def _annotated(services: Services, data: bytes, analysis: Analysis, *, blur: bool) -> bytes:
    """The image with its boxes drawn, no larger than it is looked at: it is kept for as long as the result."""
    decoded = services.analyzer.decode(data)
    pixels = at_most(decoded.pixels, _ANNOTATED_SIDE)
    scale = decoded.width / pixels.shape[1]
    if blur:
        pixels = hide(pixels, heads(analysis.faces), scale)
    return encode_jpeg(draw_faces(pixels, analysis.faces, scale))
