"""The secrets that sign webhooks: one an API key, and one for the jobs that were made without any.

A client can forge what is signed with its own secret only. After a rotation webhooks are signed with the secret before
as well for a while, so that receivers may change theirs at any time in between. A revoked key has none.
"""

import base64
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from redis import Redis

from contracts.errors import WebhookRefused
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record

_FROM_SHARED_S: Final = 604_800.0
"""Receivers of an installation that had one secret for all keys have so long to take the key's own."""
_MADE_MEANWHILE_S: Final = 604_800.0
"""For so long a secret signs as well that a backup's has replaced: somebody may have been given it."""


class BroughtBack(StrEnum):
    """What became of the secret of a backup."""

    SAME = "same"  # as here, or there was none here
    BESIDE = "beside"  # it signs; so does the one that was here, for a while
    ALONE = "alone"  # it signs, with the one before it that stands in the backup
    KEPT = "kept"  # the one here was rotated since, and signs


class _Stored(Message):
    current: str
    old: str = ""
    old_until: float = 0.0


class WebhookSecrets:
    """Secrets by the id of the API key; an empty id stands for jobs without one."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis, self._clock = redis, clock or servers_clock(redis)

    def current(self, client: str) -> str:
        """The secret, as the Standard Webhooks libraries take it; made at first need.

        Raises:
            WebhookRefused: the key has been revoked.
        """
        return self._of(client).current

    def signing(self, client: str) -> list[str]:
        """All secrets that a webhook is signed with now, the current one first.

        Raises:
            WebhookRefused: the key has been revoked.
        """
        stored = self._of(client)
        return [stored.current, stored.old] if stored.old and self._clock() < stored.old_until else [stored.current]

    def rotate(self, client: str, overlap_s: float) -> str:
        """Make a new secret, and sign with the one before as well for `overlap_s` seconds. Returns the new one.

        Raises:
            WebhookRefused: the key has been revoked.
        """
        until = self._clock() + overlap_s
        stored = _Stored(current=_new_secret(), old=self._of(client).current, old_until=until)
        self._put(client, stored)
        return stored.current

    def bring_back(self, backup: bytes, *, rotated: bool) -> BroughtBack:
        """Sign webhooks of jobs without a key, and events, as before a loss: receivers know no other secret.

        One that is found here was made at the next need, by a worker that went on, or was rotated to.

        Args:
            backup: what stood in it: JSON, or the secret itself, as versions before stored it.
            rotated: whether somebody rotated the secret here since, by the audit log; it stays then. So does one that
                was rotated to from that of the backup, whatever the log says: its newest 10,000 lines are kept.
        """
        stored = _of_any_form(backup)
        found = self._found()
        here = found.current if found else ""
        if found and (here == stored.current or rotated or found.old == stored.current):
            return BroughtBack.SAME if here == stored.current else BroughtBack.KEPT
        now = self._clock()
        beside = bool(here) and not (stored.old and now < stored.old_until)
        if beside:
            stored = _Stored(current=stored.current, old=here, old_until=now + _MADE_MEANWHILE_S)
        self._put("", stored)
        return BroughtBack.BESIDE if beside else BroughtBack.ALONE if here else BroughtBack.SAME

    def may_be_rotated(self) -> bool:
        """Whether the secret for jobs without a key has one before it, as after a rotation."""
        found = self._found()
        return bool(found and found.old)

    def forget_keys(self) -> int:
        """Forget the secrets of all API keys, and keep the one for jobs without a key. Returns how many there were."""
        with translate_errors():
            others = [client for client in self._redis.hkeys(keys.WEBHOOKS_SECRETS) if client]
            return int(self._redis.hdel(keys.WEBHOOKS_SECRETS, *others)) if others else 0

    def _found(self) -> _Stored | None:
        with translate_errors():
            found = self._redis.hget(keys.WEBHOOKS_SECRETS, "") or self._redis.get(keys.WEBHOOKS_SECRET)
        return _of_any_form(found) if found else None

    def _put(self, client: str, stored: _Stored) -> None:
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.WEBHOOKS_SECRETS, client, stored.model_dump_json())
            if not client:
                pipe.set(keys.WEBHOOKS_SECRET, stored.current)  # where workers of the version before look
            pipe.execute()

    def _of(self, client: str) -> _Stored:
        with translate_errors():
            found = self._redis.hget(keys.WEBHOOKS_SECRETS, client)
            if found is None:
                self._redis.hsetnx(keys.WEBHOOKS_SECRETS, client, self._first(client).model_dump_json())
                # Looked at afterwards: whenever the key is revoked, that or this forgets the secret.
                if client and not self._redis.hexists(keys.API_KEYS, client):
                    self._redis.hdel(keys.WEBHOOKS_SECRETS, client)
                    raise WebhookRefused("The API key of the job has been revoked.")
                found = self._redis.hget(keys.WEBHOOKS_SECRETS, client)
        return _read(found)

    def _first(self, client: str) -> _Stored:
        """The first secret of a key, beside the one that was shared by all until then, if there is such a one."""
        if not client:
            fresh = _new_secret()
            shared = self._redis.set(keys.WEBHOOKS_SECRET, fresh, nx=True, get=True)
            return _Stored(current=shared.decode() if shared else fresh)
        shared = self._redis.get(keys.WEBHOOKS_SECRET)
        until = self._clock() + _FROM_SHARED_S
        return _Stored(current=_new_secret(), old=shared.decode() if shared else "", old_until=until)


def _read(stored: bytes) -> _Stored:
    return read_record(_Stored, stored, "The secret of webhooks", in_full=True)


def _of_any_form(stored: bytes) -> _Stored:
    return _read(stored) if stored.startswith(b"{") else _Stored(current=stored.decode())


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
