"""The way of a job into the system: room for it, stored durably, announced to the workers."""

import logging
from collections.abc import Sequence

from api.services import Services
from contracts.errors import BrokerUnavailable, Overloaded
from contracts.jobs import Job

_RETRY_AFTER_S = 5.0

log = logging.getLogger(__name__)


def submit(mien: Services, images: Sequence[bytes], queue: str) -> Job:
    """Accept a job. Once this returns the job cannot be lost.

    Raises:
        Overloaded: too many jobs wait in this queue. BrokerUnavailable: nothing was stored.
    """
    if mien.jobs.queue_depth(queue) >= mien.settings.max_queue_depth:
        raise Overloaded(
            f"{mien.settings.max_queue_depth:,} jobs are waiting already; try again later.", retry_after=_RETRY_AFTER_S
        )
    job = mien.jobs.create(images, queue)
    try:
        mien.dispatcher.job(job.id, queue)
    except BrokerUnavailable as error:
        log.warning("job %s is stored and will be announced by the reconciler: %s", job.id, error)
    return job
