"""Erasing jobs: all that is kept of one goes at once, also before its time."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobState, is_job_id
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.durability import DurableSteps
from contracts.storage.job_steps import REFUSED_S, refusal, servers_time
from contracts.storage.scripts import Call, load_script

_PAGE: Final = 500
_KNOWN_S: Final = 2_592_000
_MOST_KNOWN: Final = 100_000
"""For so long, and of so many jobs, it is known that they were erased."""


class JobEraser:
    """Erases final jobs. Unfinished ones are left alone; they can be canceled."""

    def __init__(
        self, redis: Redis, clock: Callable[[], float] | None = None, durable: DurableSteps | None = None
    ) -> None:
        """Use the broker Redis.

        Args:
            redis: the server.
            clock: gives seconds since 1970, in place of the server's clock.
            durable: waits until an erasure is safe; without it, nothing is waited for.
        """
        self._durable = durable or DurableSteps(redis, "everysec")
        self._redis = redis
        self._clock, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._erase = load_script(redis, "erase")

    def erase(self, job_id: str) -> bool:
        """Erase the job's record, result, annotated images, webhook and idempotency key.

        A hash of its id is kept for 30 days, so that no backup that was made before brings it back; that of a young
        one also for minutes: a call that stores it may be on its way a second time.

        The append-only file is rewritten soon after (`contracts.storage.compaction`).

        Returns:
            False if the job is not final, and nothing was changed.

        Raises:
            BrokerUnavailable: Redis does not answer, or the job is erased and could come back.
        """
        with translate_errors():
            call = Call(
                self._erase,
                [
                    keys.job(job_id),
                    keys.job_images(job_id),
                    keys.job_annotated(job_id),
                    keys.job_once(job_id),
                    keys.webhook(job_id),
                    keys.WEBHOOKS_DUE,
                    keys.WEBHOOKS_DEAD,
                    keys.ERASURES,
                    keys.ANNOTATED_UNTIL,
                    keys.ANNOTATED_BYTES,
                    refusal(job_id),
                    keys.ERASED,
                ],
                [job_id, self._steps_clock(), REFUSED_S, hash_of(job_id), _KNOWN_S, _MOST_KNOWN],
            )
            state, unconfirmed = self._durable.run(call)
        if unconfirmed:
            raise BrokerUnavailable(f"Job {job_id} is erased, but might come back: {unconfirmed}. Look again later.")
        return state is None or JobState(state.decode()).final

    def erase_older(self, seconds: float) -> int:
        """Erase the final jobs that ended at least so long ago.

        Returns:
            How many.
        """
        limit = self._clock() - seconds
        return self._erase_all("finished_at", lambda finished_at: 0 < float(finished_at or 0) <= limit)

    def erase_client(self, client: str) -> int:
        """Erase the final jobs that were made with this API key.

        Args:
            client: the key's id.

        Returns:
            How many.
        """
        return self._erase_all("client", lambda owner: owner == client)

    def _erase_all(self, field: str, chosen: Callable[[str], bool]) -> int:
        erased = 0
        for page in pages_of_jobs(self._redis):
            with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
                for job_id in page:
                    pipe.hmget(keys.job(job_id), "state", field)
                records = pipe.execute()
            for job_id, (state, value) in zip(page, records, strict=True):
                if state is not None and chosen((value or b"").decode()):
                    erased += JobState(state.decode()).final and self.erase(job_id)
        return erased


def pages_of_jobs(redis: Redis) -> Iterator[list[str]]:
    """The ids of all jobs, some hundred at a time; Redis may name one twice."""
    prefix, cursor = keys.job(""), 0
    while True:
        with translate_errors():
            cursor, found = redis.scan(cursor, match=f"{prefix}*", count=_PAGE, _type="hash")
        names = (key.decode().removeprefix(prefix) for key in found)
        yield [name for name in names if is_job_id(name)]
        if cursor == 0:
            return


def hash_of(job_id: str) -> str:
    """What is kept of the id of a job that was erased, so that no backup brings it back."""
    return hashlib.sha256(job_id.encode()).hexdigest()
