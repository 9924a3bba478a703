"""Telling clients of results: signed by the Standard Webhooks scheme, tried again for hours, given up in the end."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from contracts.addresses import AddressPolicy
from contracts.errors import MienError, NotFound, RecordUnreadable, WebhookRefused
from contracts.jobs import Job
from contracts.logs import log_context
from contracts.metrics import WEBHOOKS_TRIED, metric_key
from contracts.responses import JobResponse
from contracts.storage.dispatch import Dispatcher
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore
from contracts.tracing.spans import NO_TRACING, Tracing
from workers.announcements import Announcer
from workers.fair_pool import FairPool
from workers.outbound import post
from workers.traces import WebhookTrace, about

logger = logging.getLogger(__name__)

_SENDERS: Final = 8
_SHARE: Final = 2
"""Senders that one client, or one host, may have at the same time: what does not answer holds up nothing else."""
_WAITING: Final = 10
"""Webhooks of one client or host that wait for a sender: as many as two senders get done, at ten seconds each, before
they are announced again."""
_GONE: Final = 410


class WebhookSender:
    """Sends webhooks on threads of its own, so that a slow receiver never holds up an analysis."""

    def __init__(
        self,
        jobs: JobStore,
        webhooks: WebhookStore,
        policy: AddressPolicy,
        clock: Callable[[], float],
        *,
        faces_only: bool,
        count: Callable[[dict[str, float]], None] | None = None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        """Prepare the threads.

        Args:
            jobs: where results are read.
            webhooks: where deliveries are recorded.
            policy: which addresses may be called.
            clock: gives seconds since 1970.
            faces_only: whether no emotion is sent, whatever was read.
            count: adds to the counters that all processes share.
            tracing: records each try as a part of the job's trace.
        """
        self._count = count
        self._jobs, self._webhooks, self._policy, self._clock = jobs, webhooks, policy, clock
        self._faces_only, self._tracing = faces_only, tracing
        self._pool = FairPool("webhook", threads=_SENDERS, share=_SHARE, waiting=_WAITING)
        self._announcer = Announcer(webhooks)

    def announce(self, dispatcher: Dispatcher) -> None:
        """Put webhooks that are due into their queue."""
        self._announcer.announce(dispatcher)

    def forget_gone(self) -> None:
        """Forget webhooks that were given up once their jobs are gone."""
        self._webhooks.forget_gone()

    def begin(self, job_id: str) -> str:
        """Deliver soon. Should this process end before, or have its hands full, the webhook is announced again."""
        parties = self._parties(job_id)
        if self._pool.submit(parties, lambda: self._deliver_safely(job_id)):
            return "begun"
        self._announcer.turned_away()
        return "busy"

    def deliver(self, job_id: str) -> str:
        """Try once, and note what came of it.

        Returns:
            ``delivered``, ``later``, ``given up``, or ``not due`` for a message that came twice or too late.
        """
        if not self._webhooks.begin(job_id):
            return "not due"
        outcome = self._deliver_due(job_id)
        if self._count:
            self._count({metric_key(WEBHOOKS_TRIED, outcome=outcome): 1})
        return outcome

    def _deliver_due(self, job_id: str) -> str:
        try:
            job = self._jobs.get(job_id)
        except NotFound as error:
            self._webhooks.failed(job_id, "", str(error), final=True)
            return "given up"
        with about(job):
            problem, final = self._try(job)
            if not problem:
                self._webhooks.delivered(job_id)
                return "delivered"
            again = self._webhooks.failed(job_id, job.options.webhook, problem, final=final)
            logger.warning("webhook of job %s: %s; %s", job_id, problem, "will try again" if again else "given up")
            return "later" if again else "given up"

    def close(self) -> None:
        """Finish what is being sent; what waits will be announced again."""
        self._pool.close()

    def _parties(self, job_id: str) -> list[str]:
        """The client and the host whose shares of the senders the delivery counts to."""
        try:
            host = urlsplit(self._jobs.get(job_id).options.webhook).hostname
        except (NotFound, RecordUnreadable, ValueError):  # which `deliver` will find out as well
            host = None
        return [f"client {self._jobs.account(job_id)}", *([f"host {host}"] if host else [])]

    def _try(self, job: Job) -> tuple[str, bool]:
        """What went wrong, if anything, and whether that is final."""
        body, now = _payload(job, faces_only=self._faces_only), self._clock()
        traced = WebhookTrace(self._tracing, job, now, len(body))
        try:
            headers = self._headers(job, body, now) | traced.headers
            status = post(job.options.webhook, body.encode(), headers, self._policy)
        except WebhookRefused as error:
            traced.end(error=error.code)
            return str(error), True
        except (OSError, HTTPException) as error:
            traced.end(error=type(error).__name__)
            return f"not reached: {error}", False
        traced.end(status)
        return ("" if 200 <= status < 300 else f"answered {status}"), status == _GONE

    def _headers(self, job: Job, body: str, seconds: float) -> dict[str, str]:
        now = datetime.fromtimestamp(seconds, UTC)
        message_id = f"msg_{job.id}"
        return {
            "Content-Type": "application/json",
            "User-Agent": "Mien-Webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                Webhook(secret).sign(message_id, now, body) for secret in self._webhooks.secrets.signing(job.client)
            ),
        }

    def _deliver_safely(self, job_id: str) -> None:
        with log_context(job_id=job_id):
            try:
                self.deliver(job_id)
            except MienError as error:
                logger.warning("webhook of job %s is announced again: %s", job_id, error)
            except Exception:
                logger.exception("webhook of job %s could not be delivered; it will be announced again", job_id)


def _payload(job: Job, *, faces_only: bool) -> str:
    """The body: what happened, when, and the job as ``GET /v1/jobs/{id}`` answers it."""
    happened = datetime.fromtimestamp(job.finished_at or job.created_at, UTC)
    return json.dumps(
        {
            "type": f"job.{job.state.value}",
            "timestamp": happened.isoformat().replace("+00:00", "Z"),
            "data": JobResponse.of(job, faces_only=faces_only).model_dump(mode="json"),
        },
        separators=(",", ":"),
    )
