"""Celery's consumer, made to survive what is no message, and a restart of Redis while tasks are running.

A channel of kombu 5.7 that lost its connection still tries to give back the messages of tasks that run, and fails on
the closed connection with ``'NoneType' object has no attribute 'hostname'``, which ends the worker. It is not needed:
a message is a hint, and what it speaks of is announced again.

A worker that is given nothing beside work that waits is told so by `workers.attention`, and connects anew.

What is no message ends the worker in several places of kombu and Celery, so it is kept from both: `workers.messages`.

Before kombu takes messages it notes in Redis which queues are bound to which exchange. A Redis that is full refuses
that, and a worker that starts then, or connects anew, would never take the work that frees memory. Nobody reads these
notes: messages name their queue, and remote control goes over channels of Redis.
"""

import logging
from collections.abc import Callable
from functools import partial
from queue import Empty
from time import monotonic
from typing import Any, Final

from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import SentinelChannel as MasterChannel
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MasterDownError, ReadOnlyError, ResponseError

from contracts.storage.patience import refuses_for_now
from workers import messages

logger = logging.getLogger(__name__)

EVENTS_EVERY_S: Final = 0.25
"""Each event has the time at which it happened, so that nothing is wrong for being told later."""
CONNECT_EVERY_S: Final = 4.0
"""At the longest, while Redis is away or refuses."""
_ASK_AGAIN_S: Final = 0.5
"""After Redis has refused to give messages."""
_LOOK_EVERY_S: Final = 1.0
"""Whether it is to connect anew."""


class Channel(RedisChannel):  # type: ignore[misc]
    """Takes from Redis what is a message, and nothing else; writes nothing before that."""

    _refused = False
    """Whether Redis has refused to give a message, which counts as a write, the last time it was asked."""
    _ask_at = 0.0

    def _create_client(self, asynchronous: bool = False) -> Any:
        client = super()._create_client(asynchronous)
        client.set_response_callback("BRPOP", _sound)
        return client

    def _queue_bind(self, exchange: str, routing_key: str, _pattern: str, queue: str) -> None:
        """Bind in this process alone, to the channel of Redis that a fanout exchange is."""
        if self.typeof(exchange).type == "fanout":
            self._fanout_queues[queue] = (exchange, routing_key.replace("#", "*"))

    def _brpop_start(self, timeout: Any = None) -> None:
        """Called whenever no message is being waited for."""
        if monotonic() >= self._ask_at:
            super()._brpop_start(timeout)

    def _brpop_read(self, **options: Any) -> Any:
        """Take a message that has come; a refusal is asked over again in a while, and costs no connection."""
        try:
            taken = super()._brpop_read(**options)
        except ResponseError as error:
            if not refuses_for_now(error) or isinstance(error, ReadOnlyError | MasterDownError):
                raise  # a new connection may lead to a server that others write to
            if not self._refused:
                logger.warning("no messages are taken until Redis allows it: %s", error)
            self._refused, self._ask_at = True, monotonic() + _ASK_AGAIN_S
            raise Empty from error
        except Empty:
            self._refused = False
            raise
        self._refused = False
        return taken

    def _handle_message(self, client: Any, response: Any) -> dict[str, Any]:
        """What all workers are told; kombu passes over what is without data."""
        told: dict[str, Any] = super()._handle_message(client, response)
        if told["type"] in {b"message", b"pmessage"}:
            told["data"] = messages.sound_command(told["data"])
        return told

    def maybe_refresh_binding_expiry(self) -> None:
        """Keep alive what is noted of bindings: nothing."""


class SentinelChannel(Channel, MasterChannel):  # type: ignore[misc]
    """The same, from the server that the Sentinels call the master."""


class Consumer(CeleryConsumer):  # type: ignore[misc]
    """Forgets the messages of a lost connection, and collects events for Flower, each of which would cost a trip."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what Celery passes."""
        self._planned = self._deaf = False
        self._connected: Callable[[], None] = lambda: None
        super().__init__(*args, **options)

    def connection_for_read(self, heartbeat: Any = None) -> Any:
        """Connect, with channels of our own."""
        connection = self.app.connection_for_read(heartbeat=heartbeat)
        # Each channel asks all Sentinels. kombu would, after a failure, go from one address to the next with a
        # transport, and channels, of its own.
        connection.cycle = None
        connection.transport.Channel = SentinelChannel if connection.transport_cls == "sentinel" else Channel
        return self.ensure_connected(connection)

    def ensure_connected(self, conn: Any) -> Any:
        """Try to connect as often after a long outage as after a short one, where Celery waits for half a minute."""
        conn.ensure_connection = partial(conn.ensure_connection, interval_max=CONNECT_EVERY_S)
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Disarm the old connection's channels before Celery closes and replaces it."""
        for channel in _channels(self.connection):
            channel.do_restore = False
        super().on_connection_error_after_connected(exc)

    def connect_anew(self) -> None:
        """Give up the connection, as if it were lost, within a second. May be called by any thread."""
        self._deaf = True

    def when_connected(self, call: Callable[[], None]) -> None:
        """Call this at every connection from the next one on, in the event loop."""
        self._connected = call

    def register_with_event_loop(self, hub: Any) -> None:
        """Called for every connection; what is planned here ends with it."""
        super().register_with_event_loop(hub)
        self._connected()
        self._deaf = False
        hub.call_repeatedly(_LOOK_EVERY_S, self._give_up_if_deaf)

    def _give_up_if_deaf(self) -> None:
        if self._deaf:
            raise RedisConnectionError("work waits that this worker is not given")

    def _flush_events(self) -> None:
        """Called in the event loop after events, so that it is awake when a thread is free, and takes a message."""
        if not self._planned:
            self._planned = True
            self.hub.call_later(EVENTS_EVERY_S, self._send_events)

    def _send_events(self) -> None:
        self._planned = False
        super()._flush_events()


def _sound(answer: list[bytes] | None) -> tuple[bytes, bytes] | None:
    """Queue and message that Redis has answered; none, if there was no message."""
    if not answer:
        return None
    queue, raw = answer
    message = messages.sound(queue.decode(), raw)
    return None if message is None else (queue, message)


def _channels(connection: Any) -> list[Any]:
    transport = getattr(connection, "_transport", None)
    return [] if transport is None else list(transport.channels)
