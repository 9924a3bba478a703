"""The audit log: what operators did, and which requests were refused; never a key itself.

Each entry is a line of JSON in the process's log, and stands in Redis among the newest of all processes. Refused
requests stand in a list of their own there: a client makes as many of them as it likes, and what an operator did has to
stay. So does what operators did beside keys and erasures, which versions before 0.4 do not know.
"""

import getpass
import json
import logging
import re
import socket
import time
from collections.abc import Callable
from typing import Final, Literal

from redis import Redis

from contracts.errors import MienError
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record

Operation = Literal["networks", "paused", "resumed", "drained", "accepted", "replayed", "backed up", "restored"]
"""What operators do beside keys and erasures."""

_KEPT: Final = 10_000
_CAMERA: Final = re.compile(r"(?:history of )?camera (.+)", re.DOTALL)
"""What an erasure says that was one of a camera."""

logger = logging.getLogger(__name__)


class AuditEntry(Message):
    """Something that an operator did, or a request that was refused for its key."""

    time: float
    """Seconds since 1970, UTC."""
    event: Literal["created", "rotated", "revoked", "erased", "refused"] | Operation
    key: str
    """The key's id; of a refused request, what it gave for one, or empty if that had not the form of a key; of an
    erasure, the key whose jobs were erased, or empty; of a change of networks, the key that was bound, or empty."""
    by: str
    """The user and machine of an operator, or the address of a refused client."""
    what: str
    """The key's name, what was erased or changed, or why the request was refused, and at which route."""


class AuditLog:
    """Writes entries; reads those that Redis keeps."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970."""
        self._redis, self._clock = redis, clock

    def changed(self, event: Literal["created", "rotated", "revoked", "erased"], key: str, name: str = "") -> None:
        """Note what an operator did to a key, or erased."""
        self._add(keys.AUDIT_CHANGES, AuditEntry(time=self._clock(), event=event, key=key, by=operator(), what=name))

    def operated(self, event: Operation, what: str, key: str = "") -> None:
        """Note something else that an operator did, in a few words; `key` is the id of one that it is about."""
        entry = AuditEntry(time=self._clock(), event=event, key=key, by=operator(), what=what)
        self._add(keys.AUDIT_OPERATIONS, entry)

    def refused(self, key: str, address: str, why: str) -> None:
        """Note a request that was refused for its key."""
        self._add(keys.AUDIT, AuditEntry(time=self._clock(), event="refused", key=key, by=address, what=why))

    def newest(self, count: int) -> list[AuditEntry]:
        """The newest entries of all processes, oldest first."""
        return self._read(count, keys.AUDIT_CHANGES, keys.AUDIT_OPERATIONS, keys.AUDIT)

    def changes(self, count: int) -> list[AuditEntry]:
        """The newest entries but those of refused requests, oldest first."""
        return self._read(count, keys.AUDIT_CHANGES, keys.AUDIT_OPERATIONS)

    def revoked(self) -> set[str]:
        """The ids of keys that were revoked, as far back as the log goes."""
        return {entry.key for entry in self._read(_KEPT, keys.AUDIT_CHANGES) if entry.event == "revoked"}

    def rotated(self, key: str, since: float) -> bool:
        """Whether a key, or the secret of webhooks where it is empty, was rotated since a moment."""
        changes = self._read(_KEPT, keys.AUDIT_CHANGES)
        return any(entry.event == "rotated" and entry.key == key and entry.time >= since for entry in changes)

    def erased_cameras(self) -> dict[str, float]:
        """When the history and events of each camera were erased last, as far back as the log goes."""
        changes = [entry for entry in self._read(_KEPT, keys.AUDIT_CHANGES) if entry.event == "erased"]
        found = [(_CAMERA.fullmatch(entry.what), entry.time) for entry in changes]
        return {match[1]: at for match, at in found if match}

    def _read(self, count: int, *names: str) -> list[AuditEntry]:
        with translate_errors():
            lists = [self._redis.lrange(name, 0, count - 1) for name in names]
        entries = [
            read_record(AuditEntry, text, "An entry of the audit log") for found in lists for text in reversed(found)
        ]
        return sorted(entries, key=lambda entry: entry.time)[-count:]

    def _add(self, name: str, entry: AuditEntry) -> None:
        """Write it; Redis' copy is left out if it does not answer, because the request is refused all the same."""
        line = json.dumps(entry.model_dump())
        logger.info("audit %s", line)
        try:
            with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(name, line)
                pipe.ltrim(name, 0, _KEPT - 1)
                pipe.execute()
        except MienError as error:
            logger.warning("the audit log's line above is in this log only: %s", error)


def operator() -> str:
    """The user and the machine of whoever runs this command."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "unnamed"
    return f"{user}@{socket.gethostname()}"
