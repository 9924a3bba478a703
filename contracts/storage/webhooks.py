"""Webhooks in Redis: which are due, how often each was tried, which were given up."""

import random
import secrets
from collections.abc import Callable
from typing import Final

from pydantic import Field
from redis import Redis

from contracts.errors import WebhookNotFound
from contracts.queues import WEBHOOKS
from contracts.results import Message
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import servers_time
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script
from contracts.storage.webhook_secrets import WebhookSecrets

RETRY_DELAYS_S: Final = (5, 15, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds from one attempt to the next, before jitter; about eight hours in all, then the webhook is given up."""
_JITTER: Final = 0.2
_ANNOUNCED_S: Final = 60.0
"""A webhook whose announcement or delivery is lost is looked at again after this."""
_KEPT_S: Final = 259_200
_DEAD_KEPT: Final = 10_000


class DeadWebhook(Message):
    """A webhook that was given up."""

    job: str
    url: str
    reason: str = Field(description="Why the last attempt failed.")
    attempts: int = Field(ge=1)
    given_up_at: float = Field(description="Seconds since 1970, UTC.")


class WebhookStore:
    """Every webhook of a final job is in exactly one place: due, given up, or delivered and forgotten."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis = redis
        self._result_ttl_s = settings.result_ttl_s
        self.clock, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._due = load_script(redis, "due")
        self._delivered = load_script(redis, "webhook_delivered")
        self._failed = load_script(redis, "webhook_failed")
        self._replay = load_script(redis, "webhook_replay")
        self.secrets = WebhookSecrets(redis, self.clock)

    @property
    def paused(self) -> bool:
        """Whether operators want nothing to be sent now."""
        with translate_errors():
            return bool(self._redis.hexists(keys.LANES, WEBHOOKS))

    def take_due(self, limit: int = 100) -> list[str]:
        """Ids of jobs whose webhook is to be tried now; none of them is given to another worker for a minute.

        None while their queue is paused, or has messages: who takes these is slow, or away, and more would pile up.
        """
        if self.paused:
            return []
        with translate_errors():
            args = [self._steps_clock(), _ANNOUNCED_S, limit, keys.webhook(""), _KEPT_S]
            found = self._due(keys=[keys.WEBHOOKS_DUE, WEBHOOKS], args=args)
        return [job_id.decode() for job_id in found]

    def begin(self, job_id: str) -> bool:
        """Whether to try the webhook now: true once for each time that `take_due` gave it out, unless it is paused."""
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.webhook(job_id), "announced")
            pipe.zscore(keys.WEBHOOKS_DUE, job_id)
            pipe.hexists(keys.LANES, WEBHOOKS)
            announced, due_at, paused = pipe.execute()
        return bool(announced) and due_at is not None and not paused

    def delivered(self, job_id: str) -> None:
        """Forget a webhook, which has reached its receiver; its job's result now lives as long as any other."""
        with translate_errors():
            names = [keys.WEBHOOKS_DUE, keys.webhook(job_id), keys.job(job_id), keys.ERASURES, keys.job_once(job_id)]
            self._delivered(keys=names, args=[job_id, self._steps_clock(), self._result_ttl_s])

    def failed(self, job_id: str, url: str, reason: str, *, final: bool = False) -> bool:
        """Note an attempt that failed; of a job that was erased meanwhile, nothing.

        Args:
            job_id: the job.
            url: the webhook's address.
            reason: a sentence that says why.
            final: whether to give up at once.

        Returns:
            Whether there will be another attempt; False if the webhook was given up.
        """
        with translate_errors():
            attempts = int(self._redis.hget(keys.webhook(job_id), "attempts") or 0) + 1
        if final or attempts > len(RETRY_DELAYS_S):
            now = self.clock()
            dead = DeadWebhook(job=job_id, url=url, reason=reason, attempts=attempts, given_up_at=now)
            self._note(job_id, attempts, 0, dead.model_dump_json())
            self._keep_newest()
            return False
        gap = RETRY_DELAYS_S[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)
        return self._note(job_id, attempts, gap, "")

    def dead(self) -> list[DeadWebhook]:
        """Webhooks that were given up, newest first."""
        with translate_errors():
            found = self._redis.hvals(keys.WEBHOOKS_DEAD)
        webhooks = (read_record(DeadWebhook, text, "A webhook that was given up") for text in found)
        return sorted(webhooks, key=lambda webhook: webhook.given_up_at, reverse=True)

    def replay(self, job_id: str) -> None:
        """Try a webhook that was given up again, from the first attempt on.

        Raises:
            WebhookNotFound: no webhook of this job was given up.
        """
        names = [keys.WEBHOOKS_DUE, keys.webhook(job_id), keys.WEBHOOKS_DEAD]
        with translate_errors():
            given_up = self._replay(keys=names, args=[job_id, self._steps_clock(), _KEPT_S, secrets.token_hex(8)])
        if not given_up:
            raise WebhookNotFound(f"No webhook of job {job_id} was given up.")

    def forget_gone(self) -> int:
        """Forget webhooks that were given up once their jobs are gone: there is nothing left to tell.

        Returns:
            How many.
        """
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            ids = [job_id.decode() for job_id in self._redis.hkeys(keys.WEBHOOKS_DEAD)]
            for job_id in ids:
                pipe.exists(keys.job(job_id))
            gone = [job_id for job_id, kept in zip(ids, pipe.execute(), strict=True) if not kept]
            if gone:
                self._redis.hdel(keys.WEBHOOKS_DEAD, *gone)
                self._redis.zadd(keys.ERASURES, {"erased": self.clock()})
        return len(gone)

    def _note(self, job_id: str, attempts: int, gap_s: float, dead: str) -> bool:
        with translate_errors():
            noted = self._failed(
                keys=[keys.WEBHOOKS_DUE, keys.webhook(job_id), keys.WEBHOOKS_DEAD],
                args=[job_id, attempts, self._steps_clock(), gap_s, _KEPT_S, dead],
            )
        return bool(noted)

    def _keep_newest(self) -> None:
        with translate_errors():
            if self._redis.hlen(keys.WEBHOOKS_DEAD) > _DEAD_KEPT:
                self._redis.hdel(keys.WEBHOOKS_DEAD, self.dead()[-1].job)
