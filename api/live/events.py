"""Events of cameras as they happen: as server-sent events, and over a WebSocket.

The id of an event is its place in the stream of all events, so that a client that comes back with it gets what it has
missed, from any gateway, for as long as events are kept.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from api.http.websockets import WebSocket
from api.live.event_hub import LOOK_S, EventHub
from contracts.errors import MienError
from contracts.events import EventKind, EventResponse

_KEEPALIVE_S: Final = 3.0
"""A client that is gone is noticed by what cannot be sent to it."""
FIRST: Final = "0-0"
"""Before all events."""


class Wish(NamedTuple):
    """What a client wants to be told."""

    after: str
    """Id of the last event that it knows."""
    camera: str | None = None
    """None: of all."""
    kinds: frozenset[EventKind] = frozenset(EventKind)


class Teller:
    """Looks for events that a client wants to be told."""

    def __init__(self, hub: EventHub, wish: Wish, *, faces_only: bool) -> None:
        """Look for these; with `faces_only` no emotion is told."""
        self._hub, self._wish, self._faces_only = hub, wish, faces_only
        self._after = wish.after

    def listening(self) -> AbstractContextManager[None]:
        """A block in which the client listens."""
        return self._hub.listening(self._wish.camera)

    def look(self) -> list[EventResponse]:
        """What has happened since the last look, the oldest first.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        found = self._hub.after(self._after)
        if found:
            self._after = found[-1].id
        told = [EventResponse.of(number, event, faces_only=self._faces_only) for number, event in found]
        return [one for one in told if one is not None and self._is_wanted(one)]

    def _is_wanted(self, event: EventResponse) -> bool:
        return event.kind in self._wish.kinds and self._wish.camera in (None, event.camera)


def stream(teller: Teller, is_over: Callable[[], bool]) -> Iterator[str]:
    """Server-sent events without end, but that of the gateway or of Redis; the client comes back by itself."""
    yield "retry: 2000\n\n"
    told_at = time.monotonic()
    with teller.listening():
        while not is_over():
            try:
                events = teller.look()
            except MienError:
                return
            if events or time.monotonic() >= told_at + _KEEPALIVE_S:
                told_at = time.monotonic()
                yield "".join(map(_event, events)) or ": still there\n\n"
            time.sleep(LOOK_S)


def speak(teller: Teller, socket: WebSocket) -> None:
    """The same over a WebSocket, an event a message; what the client says is not listened to."""
    with teller.listening():
        while True:
            for event in teller.look():
                socket.send(event.model_dump_json())
            socket.receive(timeout_s=LOOK_S)


def _event(event: EventResponse) -> str:
    return f"id: {event.id}\nevent: {event.kind.value}\ndata: {event.model_dump_json()}\n\n"
