"""Events of cameras in Redis: one stream of all cameras, bounded in time and in number."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.events import CameraEvent, Noted
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import servers_time
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script
from contracts.storage.turns import take_turn

MOST_EVENTS: Final = 10_000
_NOTED_MS: Final = 3_600_000
_SENT_S: Final = 3_600
_PAGE: Final = 500
_ID: Final = re.compile(r"\d{1,15}-\d{1,9}")


class StoredEvent(NamedTuple):
    """An event with its id, which grows from event to event."""

    id: str
    event: CameraEvent


class EventStore:
    """Events of all cameras, and what was noted of each camera when they were told."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        """Use the frame Redis; `clock` gives seconds since 1970, in place of the server's."""
        self._redis = redis
        self._kept_s = settings.events_s
        self._sent_s = max(settings.events_s, _SENT_S)
        self.now, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._note = load_script(redis, "note_events")

    def noted(self, camera: str) -> tuple[bytes, Noted]:
        """What is noted of a camera: as it is stored, and read; of what cannot be read, nothing.

        It is kept for as long as it is looked at, and an hour: a camera that stays as it is is told as such once.
        """
        with translate_errors():
            stored = self._redis.getex(keys.noted(camera), px=_NOTED_MS) or b""
        try:
            return stored, read_record(Noted, stored, f"What is noted of camera {camera}") if stored else Noted()
        except RecordUnreadable:
            return stored, Noted()

    def note(self, camera: str, before: bytes, after: Noted, events: Sequence[CameraEvent]) -> bool:
        """Note what a camera shows, and tell what has happened.

        Returns:
            False if something else is noted than `before`; nothing is told then.
        """
        told = [event.model_dump_json(exclude_defaults=True) for event in events]
        args = [before, after.model_dump_json(), _NOTED_MS, self._steps_clock(), self._kept_s, MOST_EVENTS, *told]
        with translate_errors():
            return bool(self._note(keys=[keys.noted(camera), keys.EVENTS], args=args))

    def newest(self) -> str:
        """The id after which nothing has happened yet."""
        with translate_errors():
            found = self._redis.xrevrange(keys.EVENTS, count=1)
        return found[0][0].decode() if found else "0-0"

    def after(self, event_id: str, count: int = _PAGE) -> list[StoredEvent]:
        """Events after this one that are not too old to be told, the oldest first, but those of newer versions.

        Raises:
            ValueError: that is no id.
        """
        if not _ID.fullmatch(event_id):
            raise ValueError(f"{event_id!r} is no id of an event")
        first = max(_place(event_id), (round(1000 * (self.now() - self._kept_s)), 0))
        with translate_errors():
            found = self._redis.xrange(keys.EVENTS, f"({first[0]}-{first[1]}", count=count)
        told = []
        for number, fields in found:
            try:
                event = read_record(CameraEvent, fields[b"event"], "An event")
            except RecordUnreadable:
                continue
            told.append(StoredEvent(number.decode(), event))
        return told

    def take_turn(self, worker: str, seconds: float) -> bool:
        """Whether it is for this worker to tell the webhook, for so long; it keeps the turn by asking again."""
        return take_turn(self._redis, keys.EVENTS_SENDER, worker, seconds)

    def observer(self) -> str:
        """The worker that notes now what cameras show; empty: none does."""
        with translate_errors():
            return (self._redis.get(keys.OBSERVER) or b"").decode()

    def sent(self, url: str) -> str:
        """The id of the last event that this address has been told; none is told that happened before it was set up."""
        with translate_errors():
            known, _, address = (self._redis.getex(keys.EVENTS_SENT, ex=self._sent_s) or b"").decode().partition(" ")
        if known and address == _short(url):
            return known
        newest = self.newest()
        self.set_sent(newest, url)
        return newest

    def set_sent(self, event_id: str, url: str) -> None:
        """This address has been told all up to this event. That is known for an hour after nobody asks any more."""
        with translate_errors():
            self._redis.set(keys.EVENTS_SENT, f"{event_id} {_short(url)}", ex=self._sent_s)

    def erase(self, camera: str) -> bool:
        """Forget the events of a camera, and what is noted of it. Returns whether there was anything."""
        first, gone = "-", 0
        with translate_errors():
            known = self._redis.unlink(keys.noted(camera))
            while page := self._redis.xrange(keys.EVENTS, first, count=_PAGE):
                its = [number for number, fields in page if camera_of(fields[b"event"]) == camera]
                gone += self._redis.xdel(keys.EVENTS, *its) if its else 0
                first = f"({page[-1][0].decode()}"
        return bool(known or gone)


def _short(url: str) -> str:
    """Of an address, which may hold a secret."""
    return sha256(url.encode()).hexdigest()[:16]


def _place(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)


def camera_of(stored: bytes) -> str | None:
    """The camera of an event, as it is stored; none if that cannot be read."""
    try:
        return read_record(CameraEvent, stored, "An event").camera
    except RecordUnreadable:
        return None
