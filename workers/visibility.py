"""Keeps the messages of running tasks invisible to others for as long as the tasks run.

Redis hands an unacknowledged message out again after the visibility timeout. Without this step the timeout would
have to be longer than the longest job, and a dead worker's messages would wait as long.
"""

import logging
import time
from typing import Any

from celery import bootsteps

logger = logging.getLogger(__name__)

_TOUCHES_IN_TIME = 4


class ExtendVisibilityTimeout(bootsteps.StartStopStep):  # type: ignore[misc]
    """Touches the index entry of every held message, well within the visibility timeout."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Belong to a consumer, as Celery makes every boot step."""
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Begin with every new connection."""
        timeout_s = consumer.app.conf.broker_transport_options["visibility_timeout"]
        self._timer = consumer.timer.call_repeatedly(timeout_s / _TOUCHES_IN_TIME, touch_unacked, (consumer,))

    def stop(self, _consumer: Any) -> None:
        """End with the connection; the next one starts its own."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def touch_unacked(consumer: Any) -> int:
    """Give every message that this consumer holds a fresh time.

    Returns:
        How many messages it holds.
    """
    channel = consumer.task_consumer.channel
    held = [tag for tag in list(channel.qos._delivered) if tag not in channel.qos._dirty]
    if not held:
        return 0
    try:
        with channel.conn_or_acquire() as client:
            client.zadd(channel.unacked_index_key, dict.fromkeys(held, time.time()), xx=True)
    except consumer.connection_errors as error:
        logger.warning("cannot prolong the hold on %d messages: %s", len(held), error)
        return 0
    return len(held)
