"""Sends the events of cameras to one address: signed by the Standard Webhooks scheme, in order, each once at least."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Final

from standardwebhooks import Webhook

from contracts.addresses import AddressPolicy
from contracts.errors import WebhookRefused
from contracts.events import EventResponse
from contracts.settings import Settings
from contracts.storage.events import EventStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.webhooks import RETRY_DELAYS_S, WebhookStore
from workers.outbound import post

logger = logging.getLogger(__name__)

SEND_EVERY_S: Final = 1.0
_TURN_S: Final = 15.0
"""For so long the others leave it to a worker that says nothing more; an attempt takes ten seconds at most."""
_LONGEST_S: Final = 60.0
"""Between two attempts, or a quarter of the time for which events are kept: later they are gone."""
_MOST_EVENTS: Final = 100
"""Of one request."""


class EventWebhook:
    """What one worker does, of those that deliver webhooks. Events that nobody takes are told until they expire."""

    def __init__(
        self,
        worker: str,
        events: EventStore,
        webhooks: WebhookStore,
        heartbeats: HeartbeatStore,
        *,
        policy: AddressPolicy,
        settings: Settings,
    ) -> None:
        """Send to the address of the settings; `worker` is the name under which this one takes its turn."""
        self._worker, self._heartbeats = worker, heartbeats
        self._events, self._webhooks, self._policy = events, webhooks, policy
        self._url, self._faces_only = settings.events_webhook, settings.faces_only
        self._longest_s = min(_LONGEST_S, max(1.0, settings.events_s / 4))
        self._failures, self._not_before = 0, 0.0

    def run(self) -> str:
        """Send what has happened since the last time.

        Returns:
            ``not on turn``, ``nothing``, ``sent``, or ``later``: it was not taken, and will be tried again, or
            webhooks are paused.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        if not self._events.take_turn(self._worker, _TURN_S):
            return "not on turn"
        now = self._webhooks.clock()
        if self._an_older_one_sends():
            self._not_before = now + _TURN_S  # what it has on its way when it ends is not sent twice
            return "not on turn"
        place = self._events.sent(self._url)  # during a pause, too: it is kept for as long as somebody asks for it
        if now < self._not_before or self._webhooks.paused:
            return "later"
        found = self._events.after(place, _MOST_EVENTS)
        if not found:
            return "nothing"
        told = [EventResponse.of(number, event, faces_only=self._faces_only) for number, event in found]
        problem = self._try([one for one in told if one is not None], now)
        if problem:
            delay = min(RETRY_DELAYS_S[min(self._failures, len(RETRY_DELAYS_S) - 1)], self._longest_s)
            self._failures, self._not_before = self._failures + 1, now + delay
            logger.warning("events of cameras are not taken: %s; will try again in %g s", problem, delay)
            return "later"
        self._events.set_sent(found[-1].id, self._url)
        self._failures, self._not_before = 0, 0.0
        return "sent"

    def _an_older_one_sends(self) -> bool:
        """Whether a worker of release 0.3 observes: it sends what it notes, and knows of no turn to do so."""
        observer = self._events.observer()
        return any(worker.name == observer and worker.before_versions for worker in self._heartbeats.live_workers())

    def _try(self, events: Sequence[EventResponse], now: float) -> str:
        """What went wrong, if anything."""
        if not events:
            return ""
        moment, message_id = datetime.fromtimestamp(now, UTC), f"msg_events_{events[0].id}_{events[-1].id}"
        body = json.dumps(
            {
                "type": "camera.events",
                "timestamp": moment.isoformat().replace("+00:00", "Z"),
                "data": {"events": [event.model_dump(mode="json") for event in events]},
            },
            separators=(",", ":"),
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Mien-Webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(
                Webhook(secret).sign(message_id, moment, body) for secret in self._webhooks.secrets.signing("")
            ),
        }
        try:
            status = post(self._url, body.encode(), headers, self._policy)
        except WebhookRefused as error:
            return str(error)
        except (OSError, HTTPException) as error:
            return f"not reached: {error}"
        return "" if 200 <= status < 300 else f"answered {status}"
