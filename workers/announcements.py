"""Putting webhooks that are due into their queue, as quickly as workers have room for them."""

import threading
from typing import Final

from contracts.storage.dispatch import Dispatcher
from contracts.storage.webhooks import WebhookStore

_BATCH: Final = 100
_LOOKS: Final = 10
_LOOK_AGAIN_S: Final = 0.1
"""A worker announces so many webhooks at once, and so often where more are due: 1,000 a second at most."""


class Announcer:
    """Announces what is due, and less of it once this worker has turned some away."""

    def __init__(self, webhooks: WebhookStore) -> None:
        """Take what is due from here."""
        self._webhooks = webhooks
        self._turned_away = threading.Event()

    def announce(self, dispatcher: Dispatcher) -> None:
        """Put webhooks that are due into their queue, for up to a second where they are many.

        It ends early where this worker turns one away: those that are turned away are only tried again in a minute, so
        that a client of many webhooks would have fewer of them sent, the quicker they are announced.
        """
        self._turned_away.clear()
        for look in range(_LOOKS):
            due = self._webhooks.take_due(_BATCH)
            for job_id in due:
                dispatcher.webhook(job_id)
            if len(due) < _BATCH and (due or not look):  # none at a later look: those before are still being taken
                return
            if self._turned_away.wait(_LOOK_AGAIN_S):
                return

    def turned_away(self) -> None:
        """Note that this worker had no room for a webhook."""
        self._turned_away.set()
