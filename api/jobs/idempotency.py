"""Idempotency keys: the same key with the same request stands for the same job, for that job's lifetime."""

import hashlib
from typing import NamedTuple

from redis import Redis

from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import refusal
from contracts.storage.scripts import load_script


class Claimed(NamedTuple):
    """What a key stands for."""

    job_id: str
    fingerprint: str
    first: bool
    """Whether this request was the one that claimed the key, also if it asks again because it got no answer."""


class IdempotencyStore:
    """Claims and looks up idempotency keys; one atomic step each."""

    def __init__(self, redis: Redis, settings: Settings, aside: Redis | None = None) -> None:
        """Use the broker Redis.

        Args:
            redis: the server.
            settings: how long a key is kept.
            aside: another client of the server, to release a key by while that one has no connection free.
        """
        self._aside = aside
        self._ttl_s = settings.idempotency_ttl_s
        self._claim = load_script(redis, "claim_once")
        self._release = load_script(redis, "release")

    def claim(self, client: str, key: str, job_id: str, fingerprint: str) -> Claimed:
        """Let `key` stand for this job, unless it stands for one already. Keys of different clients never meet."""
        value = f"{job_id} {fingerprint}"
        with translate_errors():
            names = [_key(client, key), keys.job_once(job_id), refusal(job_id)]
            found = self._claim(keys=names, args=[value, self._ttl_s])
        stands_for, _, fingerprint = (found.decode() if found else value).partition(" ")
        return Claimed(stands_for, fingerprint, stands_for == job_id)

    def release(self, client: str, key: str, job_id: str, *, aside: bool = False) -> None:
        """Forget that the key stands for this job, which was never stored, or has outlived its time.

        Args:
            client: whose key it is.
            key: the key.
            job_id: the job.
            aside: whether the client's other connections were all taken just now.
        """
        names = [_key(client, key), keys.job_once(job_id)]
        with translate_errors():
            self._release(keys=names, args=[job_id], client=self._aside if aside else None)


def _key(client: str, key: str) -> str:
    return keys.idempotency(hashlib.sha256(f"{client}\n{key}".encode()).hexdigest())
