"""What the Lua steps of a job's life take: keys and arguments, in the order of ``attempt.lua`` and ``finalize.lua``."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import Final

from contracts.errors import (
    AcceptanceUnknown,
    AttemptsExhausted,
    BrokerUnavailable,
    JobGone,
    JobNotFound,
    Overloaded,
)
from contracts.jobs import Job, Problem, is_job_id
from contracts.queues import JOB_QUEUES
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import is_away, is_unsent, translate_errors

QUEUED: Final = tuple(keys.queued(queue) for queue in JOB_QUEUES)
"""Jobs that wait, by queue."""
SHARED: Final = (keys.OPEN_JOBS, keys.WEBHOOKS_DUE, keys.ERASURES, keys.OPEN_LOAD)
"""What changes when a job ends, beside the job and the queues' jobs."""

RECORD_AND_IMAGES: Final = (keys.job(""), keys.job_images("").removeprefix(keys.job("")))
"""What stands before a job's id in the key of its record, and after that in the key of its images."""

REFUSED_S: Final = 180
"""How long a call that stores a job may be on its way to Redis at most, by Redis' clock, which may jump by a minute."""


class Drained(Overloaded):
    """Operators have jobs refused; to clients it is an overload like others."""


class Claim(StrEnum):
    """What became of an attempt to take a job; only `CLAIMED` allows work."""

    CLAIMED = "claimed"
    MISSING = "missing"  # its record is gone
    FINAL = "final"  # a duplicate message: the job is finished
    HELD = "held"  # a duplicate message: another worker has the job
    EXPIRED = "expired"  # its deadline has passed; it is final now
    EXHAUSTED = "exhausted"  # tried too often; it is final now
    NEWER = "newer"  # its record is of a newer version: for a worker of that version
    ISOLATED = "isolated"  # a worker began it and did not finish: for a process that runs nothing else


def refusal(job_id: str) -> str:
    """The key that says that a job was refused, or erased. Its name does not tell the id."""
    return keys.refused(hashlib.sha256(job_id.encode()).hexdigest())


def job_keys(job_id: str) -> list[str]:
    """All keys of a step that may end this job."""
    return [keys.job(job_id), keys.job_images(job_id), *SHARED, *QUEUED]


def keys_of_new(job: Job, *, once: bool) -> list[str]:
    """All keys of the step that stores this job; `once`: an idempotency key stands for it."""
    names = [keys.job(job.id), keys.job_images(job.id), keys.OPEN_JOBS, keys.OPEN_LOAD]
    names += [keys.queued(job.queue), job.queue, refusal(job.id), keys.LANES]
    return [*names, keys.job_once(job.id)] if once else names


def claimant(settings: Settings, now: float | str, owner: str, *, isolated: bool = False) -> list[str | float]:
    """Who claims, when, and what follows.

    Args:
        settings: of the claimant.
        now: seconds since 1970; empty: the server's time.
        owner: the claimant's name.
        isolated: whether its process runs nothing else.
    """
    times = [now, settings.lease_s, settings.max_attempts, settings.result_ttl_s]
    return [owner, *times, _exhausted(settings.max_attempts), int(isolated)]


def servers_time() -> str:
    """What a step takes for the time to be the server's, so that the clocks of hosts need not agree on leases."""
    return ""


@contextmanager
def storing(job_id: str, *, refused: bool = False) -> Iterator[None]:
    """The errors of the step that makes a job: without an answer, it may have been taken all the same.

    Args:
        job_id: the job.
        refused: whether it was, and the step only makes sure of that: it may have been taken at first, unheard, and
            refused when the driver asked again.

    Raises:
        AcceptanceUnknown: Redis did not answer, or, if `refused`, is not to be made sure.
        BrokerUnavailable, Overloaded: it refused, or the step was not sent.
    """
    try:
        with translate_errors():
            yield
    except BrokerUnavailable as error:
        if not refused and (is_unsent(error) or not is_away(error)):
            raise
        raise AcceptanceUnknown(
            f"The job store went away, or failed, while job {job_id} was stored. In a few seconds /v1/jobs/{job_id} "
            "will say whether it was accepted.",
            job_id=job_id,
        ) from error


def check_id(job_id: str) -> None:
    """Make sure that an id is one.

    Raises:
        JobNotFound: nothing was ever accepted under it.
    """
    if not is_job_id(job_id):
        raise JobNotFound("There is no job of this id.")


def gone(job_id: str, settings: Settings) -> JobGone:
    """The error that a job was accepted, and is kept no more."""
    return JobGone(
        f"Job {job_id} is gone: a result is kept for {settings.result_ttl_s} s, unless it is deleted or the job store "
        "loses its data before."
    )


def check_stored(job: Job, answer: Sequence[bytes | None], unconfirmed: str = "") -> Job:
    """Make sure that ``create.lua`` has stored the job.

    Args:
        job: the job.
        answer: of the script.
        unconfirmed: why it is not as safe yet as it should be; empty if it is.

    Returns:
        The job with its times, by the server's clock.

    Raises:
        Overloaded: the client is refused already. Drained: no jobs are accepted.
        JobGone: the job's idempotency key has been released.
        BrokerUnavailable: images that went ahead are lost. AcceptanceUnknown: it is stored, and may be lost yet.
    """
    match answer:
        case [b"refused"]:
            raise Overloaded(f"Job {job.id} was refused.", retry_after=1)
        case [b"drained"]:  # since the gateway looked
            raise Drained("No jobs are accepted while this service is maintained.", retry_after=30)
        case [b"released"]:
            raise JobGone(f"The idempotency key of job {job.id} may stand for another one by now.")
        case [b"incomplete"]:
            raise BrokerUnavailable("The job store has lost images of this job; send it again.")
    if unconfirmed:
        raise AcceptanceUnknown(
            f"Job {job.id} is stored, but less safely than it should be: {unconfirmed}. "
            f"If it is not lost, it is analysed; /v1/jobs/{job.id} says so.",
            job_id=job.id,
        )
    created_at, deadline_at = (float(time) if time else None for time in answer[1:])
    return job.model_copy(update={"created_at": created_at, "deadline_at": deadline_at})


@cache
def _exhausted(attempts: int) -> str:
    stopped = AttemptsExhausted(f"{attempts} workers stopped, or were not heard of, while they analysed this job.")
    return Problem.of(stopped).model_dump_json()
