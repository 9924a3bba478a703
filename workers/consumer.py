"""Celery's consumer, made to survive a restart of Redis while tasks are running.

In kombu 5.7 a channel that lost its connection still tries to give its unacknowledged messages back, and a task
that ends later still tries to acknowledge on it; both fail on the closed connection with ``'NoneType' object has
no attribute 'hostname'`` and take the worker with them. Neither is needed: Redis hands the messages out again
after the visibility timeout, and the job store turns the second delivery of a finished job into nothing.
"""

from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer


class Consumer(CeleryConsumer):  # type: ignore[misc]
    """Forgets the messages of a lost connection instead of ending with it."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Disarm the old connection's channels before Celery closes and replaces it."""
        for channel in _channels(self.connection):
            channel.do_restore = False
            channel.qos.ack = _drop
            channel.qos.reject = _drop
        super().on_connection_error_after_connected(exc)


def _channels(connection: Any) -> list[Any]:
    transport = getattr(connection, "_transport", None)
    return [] if transport is None else list(transport.channels)


def _drop(*_: Any, **__: Any) -> None:
    """Take a late acknowledgement of a message that is no longer ours."""
