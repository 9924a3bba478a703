"""The uploaded images of jobs in Redis, until the job is final; `contracts.storage.annotated` has those drawn on."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from redis import Redis
from redis.exceptions import RedisError

from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.job_hash import flat
from contracts.storage.job_steps import refusal
from contracts.storage.scripts import load_script

_PART_BYTES: Final = 1_000_000
_UNFINISHED_S: Final = 600
"""How long images without a record are kept, should the process that stores them end halfway."""


class ImageStore(Protocol):
    """Images by the id of their job. Used by `contracts.storage.jobs.JobStore` alone."""

    def put_all_but_last(self, job_id: str, images: Iterable[bytes]) -> tuple[dict[str, bytes], int, int]:
        """Store all parts but those that are to be stored in Redis with the job's record, which may be none.

        Returns:
            The rest by index, how many images there are, and their bytes in all.
        """
        ...

    def discard(self, job_id: str) -> None:
        """Remove what was put: no job came of it."""
        ...

    def get(self, job_id: str) -> list[bytes]:
        """All images in order; a claim asks for those that it did not find in Redis, or that were too many bytes."""
        ...


class JobImageStore:
    """Images in the broker Redis, where the step that ends a job deletes them."""

    def __init__(self, redis: Redis, aside: Redis | None = None) -> None:
        """Use the broker Redis; `aside`: by another client of it, what was put is discarded."""
        self._redis, self._aside = redis, aside or redis
        self._put_part = load_script(redis, "put_part")

    def put_all_but_last(self, job_id: str, images: Iterable[bytes]) -> tuple[dict[str, bytes], int, int]:
        """Store all parts but the last. Without a record they expire.

        Args:
            job_id: the job.
            images: files as they were uploaded, taken one after the other.

        Returns:
            The last part by index, how many images there are, and their bytes in all.

        Raises:
            BrokerUnavailable, Overloaded: Redis does not answer, or is full.
        """
        part: dict[str, bytes] = {}
        count = size = part_size = 0
        for image in images:
            if part_size > _PART_BYTES:
                self.put_part(job_id, part)
                part, part_size = {}, 0
            part[str(count)] = image
            count, size, part_size = count + 1, size + len(image), part_size + len(image)
        return part, count, size

    def put_part(self, job_id: str, part: Mapping[str, bytes]) -> None:
        """Store some of the images, by index, ahead of the job's record. Without one they expire.

        Raises:
            BrokerUnavailable, Overloaded: Redis does not answer, or is full.
        """
        with translate_errors():
            names = [keys.job(job_id), keys.job_images(job_id), refusal(job_id)]
            self._put_part(names, [_UNFINISHED_S, *flat(part)])

    def discard(self, job_id: str) -> None:
        """Remove what was put, at once if Redis answers."""
        with suppress(RedisError):
            self._aside.unlink(keys.job_images(job_id))

    def get(self, job_id: str) -> list[bytes]:
        """The uploaded images in order; empty once the job is final."""
        with translate_errors():
            stored = self._redis.hgetall(keys.job_images(job_id))
        return in_order(stored)


def in_order(stored: Mapping[bytes, bytes]) -> list[bytes]:
    """The images of a hash of them."""
    return [stored[index] for index in sorted(stored, key=int)]
