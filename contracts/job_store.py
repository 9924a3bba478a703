"""Jobs in Redis. The record is the truth; a Celery message is only a hint that there is work."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from redis import Redis

from contracts import keys
from contracts.connections import translated
from contracts.errors import AttemptsExhausted, JobGone, JobNotFound
from contracts.jobs import ItemResult, Job, JobState, Problem
from contracts.scripts import load_script
from contracts.settings import Settings


class Claim(StrEnum):
    """What became of an attempt to take a job; only `CLAIMED` allows work."""

    CLAIMED = "claimed"
    MISSING = "missing"  # its record is gone
    FINAL = "final"  # a duplicate message: somebody has finished it
    HELD = "held"  # a duplicate message: somebody else is working on it
    EXPIRED = "expired"  # its deadline has passed; it is final now
    EXHAUSTED = "exhausted"  # tried too often; it is final now


class JobStore:
    """Create, claim, finish and read jobs. Every change of state is one atomic step in Redis."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._settings = settings
        self._clock = clock
        self._claim = load_script(redis, "claim")
        self._finish = load_script(redis, "finish")
        self._cancel = load_script(redis, "cancel")
        self._renew = load_script(redis, "renew")
        self._overdue = load_script(redis, "overdue")

    def create(self, images: Sequence[bytes], queue: str, *, deadline_at: float | None = None) -> Job:
        """Store a new job and its images durably, in one transaction.

        Returns:
            The queued job. Whoever calls has to announce it to the workers; should that fail, the reconciler does.

        Raises:
            BrokerUnavailable, Overloaded: nothing was stored.
        """
        now = self._clock()
        job = Job(
            id=secrets.token_urlsafe(16),
            state=JobState.QUEUED,
            queue=queue,
            image_count=len(images),
            created_at=now,
            deadline_at=deadline_at,
        )
        kept = self._settings.known_ttl_s + self._settings.result_ttl_s
        with translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.job(job.id), mapping=_to_fields(job))
            pipe.hset(keys.job_images(job.id), mapping={str(i): data for i, data in enumerate(images)})
            pipe.set(keys.job_known(job.id), 1, ex=kept)
            pipe.zadd(keys.OPEN_JOBS, {job.id: now + self._settings.requeue_after_s})
            pipe.execute()
        return job

    def get(self, job_id: str) -> Job:
        """The job as it is now.

        Raises:
            JobNotFound: never accepted here. JobGone: accepted once, and its result has outlived its time.
        """
        with translated():
            fields = self._redis.hgetall(keys.job(job_id))
            if not fields:
                if self._redis.exists(keys.job_known(job_id)):
                    raise JobGone(f"The result of job {job_id} was kept for {self._settings.result_ttl_s} s only.")
                raise JobNotFound(f"There is no job {job_id}.")
        return _from_fields({k.decode(): v.decode() for k, v in fields.items()})

    def claim(self, job_id: str, owner: str) -> Claim:
        """Try to take the job for `owner`, for `lease_s` from now; counts the attempt."""
        exhausted = Problem.of(
            AttemptsExhausted(f"{self._settings.max_attempts} workers stopped while they analysed this job.")
        )
        with translated():
            verdict, _ = self._claim(
                keys=self._keys(job_id),
                args=[
                    job_id,
                    owner,
                    self._clock(),
                    self._settings.lease_s,
                    self._settings.max_attempts,
                    self._settings.result_ttl_s,
                    keys.DONE_CHANNEL,
                    exhausted.model_dump_json(),
                ],
            )
        return Claim(verdict.decode())

    def images(self, job_id: str) -> list[bytes]:
        """The job's images in order, exactly as they were uploaded; empty once the job is finished."""
        with translated():
            stored = self._redis.hgetall(keys.job_images(job_id))
        return [stored[index] for index in sorted(stored, key=int)]

    def finish(self, job_id: str, owner: str, items: Sequence[ItemResult], error: Problem | None = None) -> bool:
        """Store the result, once. False: the job is no longer this owner's, and nothing was written."""
        state = JobState.FAILED if error else JobState.SUCCEEDED
        with translated():
            written = self._finish(
                keys=self._keys(job_id),
                args=[
                    job_id,
                    owner,
                    state.value,
                    json.dumps([item.model_dump(mode="json") for item in items], separators=(",", ":")),
                    error.model_dump_json() if error else "",
                    self._clock(),
                    self._settings.result_ttl_s,
                    keys.DONE_CHANNEL,
                ],
            )
        return bool(written)

    def cancel(self, job_id: str) -> bool:
        """Cancel a job that no worker has begun. False: it was begun or is final already.

        Raises:
            JobNotFound, JobGone: there is nothing to cancel.
        """
        with translated():
            state = self._cancel(
                keys=self._keys(job_id),
                args=[job_id, self._clock(), self._settings.result_ttl_s, keys.DONE_CHANNEL],
            )
        if state is None:
            self.get(job_id)  # tells gone from never known
        return bool(state == JobState.QUEUED.value.encode())

    def renew(self, owner: str, job_ids: Sequence[str]) -> int:
        """Prolong the leases of jobs in work by `lease_s`; returns how many still belong to `owner`."""
        if not job_ids:
            return 0
        due = self._clock() + self._settings.lease_s
        with translated():
            return int(self._renew(keys=[keys.OPEN_JOBS], args=[owner, due, keys.job(""), *job_ids]))

    def overdue(self, limit: int = 100) -> list[tuple[str, str]]:
        """Jobs whose message was lost or whose worker died, as (id, queue): to be announced again."""
        with translated():
            found = self._overdue(
                keys=[keys.OPEN_JOBS],
                args=[self._clock(), self._settings.requeue_after_s, limit, keys.job("")],
            )
        flat = [value.decode() for value in found]
        return list(zip(flat[::2], flat[1::2], strict=True))

    def settled(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these jobs that can change no more, or are known no longer; one round trip."""
        with translated(), self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hget(keys.job(job_id), "state")
            states = pipe.execute()
        return {
            job_id
            for job_id, state in zip(job_ids, states, strict=True)
            if state is None or JobState(state.decode()).final
        }

    def open_count(self) -> int:
        """Jobs accepted and not yet final."""
        with translated():
            return int(self._redis.zcard(keys.OPEN_JOBS))

    def queue_depth(self, queue: str) -> int:
        """Messages waiting in one of Celery's queues."""
        with translated():
            return int(self._redis.llen(queue))

    @staticmethod
    def _keys(job_id: str) -> list[str]:
        return [keys.job(job_id), keys.job_images(job_id), keys.OPEN_JOBS]


def _to_fields(job: Job) -> dict[str, str]:
    stored = job.model_dump(mode="json", exclude={"items", "error"}, exclude_none=True)
    return {name: str(value) for name, value in stored.items()}


def _from_fields(fields: Mapping[str, str]) -> Job:
    values: dict[str, Any] = {name: fields[name] for name in fields.keys() & Job.model_fields.keys()}
    values["version"] = int(values["version"])
    values["items"] = json.loads(fields.get("items") or "[]")
    values["error"] = json.loads(fields["error"]) if fields.get("error") else None
    return Job.model_validate(values)
