"""The images of jobs in Redis: those that were uploaded, until the job is final, and those with boxes drawn."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors

_UNFINISHED_S: Final = 600
"""How long images without a record are kept, should the process that stores them end halfway."""


class JobImageStore:
    """Images by the id of their job. Used by `contracts.storage.jobs.JobStore` alone."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        """Use the broker Redis."""
        self._redis = redis
        self._settings = settings

    def put_part(self, job_id: str, part: Mapping[str, bytes]) -> None:
        """Store some of the images, by index, ahead of the job's record. Without one they expire.

        Raises:
            BrokerUnavailable, Overloaded: Redis does not answer, or is full.
        """
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.job_images(job_id), mapping=dict(part))
            pipe.expire(keys.job_images(job_id), _UNFINISHED_S)
            pipe.execute()

    def discard(self, job_id: str) -> None:
        """Remove what was put, at once if Redis answers."""
        with suppress(RedisError):
            self._redis.unlink(keys.job_images(job_id))

    def get(self, job_id: str) -> list[bytes]:
        """The uploaded images in order; empty once the job is final."""
        with translate_errors():
            stored = self._redis.hgetall(keys.job_images(job_id))
        return [stored[index] for index in sorted(stored, key=int)]

    def put_annotated(self, job_id: str, index: int, jpeg: bytes) -> None:
        """Keep an image with its boxes drawn for as long as the result can be read."""
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.job_annotated(job_id), str(index), jpeg)
            pipe.expire(keys.job_annotated(job_id), self._settings.result_ttl_s)
            pipe.execute()

    def annotated(self, job_id: str, index: int) -> bytes | None:
        """An image with its boxes drawn, as JPEG; None if there is none."""
        with translate_errors():
            found: bytes | None = self._redis.hget(keys.job_annotated(job_id), str(index))
        return found
