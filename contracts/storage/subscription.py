"""Messages that Redis publishes, heard through restarts of the server.

Such a message can be missed while the connection is down, so it is only a hint that something is new: what it speaks of
is read from a store.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors

LISTEN_S: Final = 0.25
"""How long nothing is heard before the listener is called all the same, in seconds."""
RETRY_S: Final = 0.5
"""Seconds from a failure to the next attempt to subscribe."""


class Topic(StrEnum):
    """What a message is about; its text is given in brackets."""

    FINAL_JOB = "final job"  # the job's id and record, for `contracts.storage.job_hash.from_notice`
    FRAME = "frame"  # the frame's sequence number
    VIEWS = "views"  # the frame's sequence number and variants, for `contracts.storage.views.announced`
    RESULT = "result"  # the sequence number of the frame that was analysed


class Notice(NamedTuple):
    """One message."""

    topic: Topic
    text: str


class Notices(NamedTuple):
    """What was heard since the last call."""

    items: Sequence[Notice] = ()
    subscribed: bool = False
    """Whether the subscription has just begun, or begun again: messages may have been missed before."""


class Subscription:
    """Hears some channels on a thread of its own, from `start` to `stop`, and subscribes again after every failure."""

    def __init__(
        self,
        redis: Redis,
        topics: Mapping[str, Topic],
        *,
        name: str,
        on_notices: Callable[[Notices], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Prepare to listen; nothing is sent yet.

        Args:
            redis: client of the server; one of its connections is taken for as long as the subscription lasts.
            topics: channel → what its messages are about.
            name: of the thread.
            on_notices: called with what has arrived, every `LISTEN_S` at the latest, also with nothing.
            on_error: called with every error, also one that `on_notices` raises; those of the driver are translated.
        """
        self._redis = redis
        self._topics = {channel.encode(): topic for channel, topic in topics.items()}
        self._on_notices = on_notices
        self._on_error = on_error
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def to_final_jobs(
        cls, redis: Redis, gateway: str, *, on_notices: Callable[[Notices], None], on_error: Callable[[Exception], None]
    ) -> Self:
        """Hear of the jobs that are final, of those that a gateway of this name is to be told of."""
        return cls(
            redis,
            {keys.final_jobs_channel(gateway): Topic.FINAL_JOB},
            name="final-jobs",
            on_notices=on_notices,
            on_error=on_error,
        )

    @classmethod
    def to_camera(
        cls, redis: Redis, camera: str, *, on_notices: Callable[[Notices], None], on_error: Callable[[Exception], None]
    ) -> Self:
        """Hear of every frame of a camera, and of every one that new views show."""
        topics = {keys.frames_channel(camera): Topic.FRAME, keys.views_channel(camera): Topic.VIEWS}
        return cls(redis, topics, name=f"camera-{camera}", on_notices=on_notices, on_error=on_error)

    @classmethod
    def to_results(
        cls, redis: Redis, camera: str, *, on_notices: Callable[[Notices], None], on_error: Callable[[Exception], None]
    ) -> Self:
        """Hear of every analysis of a camera."""
        topics = {keys.results_channel(camera): Topic.RESULT}
        return cls(redis, topics, name=f"results-{camera}", on_notices=on_notices, on_error=on_error)

    def start(self) -> None:
        """Begin to listen; to be called from one thread at a time, and harmless when it listens already."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """Listen no more; the thread ends within `LISTEN_S`, for which this waits `wait_s` seconds at most."""
        self._stopped.set()
        if wait_s and self._thread.ident is not None:
            self._thread.join(wait_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with translate_errors(), self._redis.pubsub() as pubsub:
                    pubsub.subscribe(*self._topics)
                    while not self._stopped.is_set():
                        self._on_notices(self._receive(pubsub))
            except Exception as error:  # without this thread, its listener would never be called again
                self._on_error(error)
                self._stopped.wait(RETRY_S)

    def _receive(self, pubsub: Any) -> Notices:
        """Wait for a message, then take all that are there."""
        items: list[Notice] = []
        subscribed = False
        message = pubsub.get_message(timeout=LISTEN_S)
        while message is not None:
            if message["type"] == "message":
                items.append(Notice(self._topics[message["channel"]], message["data"].decode()))
            subscribed |= message["type"] == "subscribe"
            message = pubsub.get_message(timeout=0)
        return Notices(items, subscribed)
