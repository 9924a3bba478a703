"""What one task works with, and what becomes of its results once they are stored: counted, and read in the shadow."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from contracts.jobs import JobState
from contracts.storage.job_queue import ClaimedJob, Finished
from workers.metrics import Tally
from workers.networks import InForce
from workers.services import Services

logger = logging.getLogger(__name__)


class Work(NamedTuple):
    """Of one task."""

    services: Services
    networks: InForce
    queue: str
    tally: Tally

    def stored(self, claimed: Sequence[ClaimedJob], finished: Sequence[Finished], written: Sequence[bool]) -> None:
        """Count what was stored, and have some of its images read a second time.

        Args:
            claimed: jobs with their images; only those of them that were stored are read again.
            finished: what was to be stored.
            written: of each, whether it was.
        """
        images = {each.job.id: each.images for each in claimed}
        for job, stored in zip(finished, written, strict=True):
            if stored:
                self.tally.add(job.items, JobState.FAILED if job.error else JobState.SUCCEEDED)
                self.tally.ended(job.job_id, job.error)
                logger.debug("job %s is done", job.job_id)
                self._read_again(job, images.get(job.job_id, ()))
            else:
                logger.warning("job %s was taken over by another worker while this one analysed it", job.job_id)
        self.services.counters.add(self.tally.take())

    def _read_again(self, job: Finished, images: Sequence[bytes]) -> None:
        if self.networks.plan.shadow is None:
            return
        for item, image in zip(job.items, images, strict=False):
            analyzer = self.networks.shadow_of(f"{job.job_id} {item.index}")
            if analyzer and item.analysis:
                self.services.shadow.offer(image, item.analysis, analyzer)
