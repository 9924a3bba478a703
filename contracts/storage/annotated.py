"""Annotated images of jobs in Redis: kept as long as the result, and counted until they expire."""

from collections.abc import Callable

from redis import Redis

from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.scripts import load_script


class AnnotatedImages:
    """All of them together may have `max_annotated_bytes`, and those of a client its share, or all but one share."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float | str]) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, or an empty text for the server's time."""
        self._redis, self._settings, self._clock = redis, settings, clock
        self._keep = load_script(redis, "keep_annotated")
        self._forget = load_script(redis, "forget_expired")

    def put(self, job_id: str, owner: str, index: int, jpeg: bytes) -> bool:
        """Keep an image with its boxes drawn.

        Args:
            job_id: the job, which is running.
            owner: as it was given to `JobStore.claim`.
            index: of the image in the job.
            jpeg: the file.

        Returns:
            False if there was no room for it, its client has its share, or the job is no longer this owner's: it may
            have ended and been erased since, and nothing of it may be stored then.
        """
        names = [keys.job_annotated(job_id), keys.ANNOTATED_UNTIL, keys.ANNOTATED_BYTES, keys.job(job_id)]
        limit = self._settings.max_annotated_bytes
        limits = [self._clock(), self._settings.result_ttl_s, limit, int(self._settings.client_share * limit)]
        with translate_errors():
            return bool(self._keep(keys=names, args=[job_id, str(index), jpeg, *limits, owner]))

    def get(self, job_id: str, index: int) -> bytes | None:
        """An image with its boxes drawn, as JPEG; None if there is none."""
        with translate_errors():
            found: bytes | None = self._redis.hget(keys.job_annotated(job_id), str(index))
        return found

    def forget_expired(self) -> None:
        """Count those no more that have expired; also while memory is full."""
        with translate_errors():
            self._forget(keys=[keys.ANNOTATED_UNTIL, keys.ANNOTATED_BYTES], args=[self._clock()])
