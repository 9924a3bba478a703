"""API keys: named, with scopes, a rate and an end; only a hash of each is stored.

A key that is rotated keeps its id, and with it its jobs, its rate and its webhooks' secret; for a while the token
before is as good as the new one.
"""

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from pydantic import Field
from redis import Redis

from api.http.scopes import Scope
from contracts.errors import Unauthorized
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record

_TOKEN: Final = re.compile(r"mien_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class ApiKey(Message):
    """A key as it is stored: everything but the key itself."""

    id: str
    name: str
    hash: str
    scopes: frozenset[Scope]
    rate: str = Field("", description="As `60/minute`; empty: the setting's.")
    created_at: float
    expires_at: float | None = Field(None, description="Seconds since 1970; worthless from then on.")
    old_hash: str = Field("", description="Of the token before the last rotation.")
    old_until: float = Field(0.0, description="How long that one is as good.")

    def accepts(self, secret: str, now: float) -> bool:
        """Whether this is the key's secret, or the one before while that is still good."""
        hashed = _hash(secret)
        new, old = hmac.compare_digest(self.hash, hashed), hmac.compare_digest(self.old_hash, hashed)
        return new or (old and now < self.old_until)

    def expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at


class ApiKeyStore:
    """Creates, verifies, rotates and revokes keys."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970."""
        self._redis, self._clock = redis, clock
        self._lock, self._used = threading.Lock(), dict[str, float]()
        self.audit = AuditLog(redis, clock)

    def create(self, name: str, scopes: frozenset[Scope], rate: str = "", lifetime_s: float | None = None) -> str:
        """Make a key. Returns the token to hand to its owner; it cannot be shown again."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        expires_at = None if lifetime_s is None else now + lifetime_s
        key = ApiKey(
            id=secrets.token_hex(6),
            name=name,
            hash=_hash(secret),
            scopes=scopes,
            rate=rate,
            created_at=now,
            expires_at=expires_at,
        )
        self._store(key)
        self.audit.changed("created", key.id, name)
        return f"mien_{key.id}_{secret}"

    def rotate(self, key_id: str, overlap_s: float) -> str:
        """Give a key a new token. Returns it, or an empty text if there is no such key.

        Args:
            key_id: the key.
            overlap_s: seconds for which the token before is as good.
        """
        key = self._read(key_id)
        if key is None:
            return ""
        secret = secrets.token_urlsafe(32)
        changes = {"hash": _hash(secret), "old_hash": key.hash, "old_until": self._clock() + overlap_s}
        self._store(key.model_copy(update=changes))
        self.audit.changed("rotated", key_id, key.name)
        return f"mien_{key_id}_{secret}"

    def verify(self, token: str) -> ApiKey:
        """The key that this token is.

        Raises:
            Unauthorized: it is none, or not any more; the sentence says which.
        """
        parts = _TOKEN.fullmatch(token)
        key = self._read(parts[1]) if parts else None
        now = self._clock()
        if parts is None or key is None or not key.accepts(parts[2], now):
            raise Unauthorized("This key is not valid.")
        if key.expired(now):
            raise Unauthorized("This key has expired.")
        with self._lock:
            self._used[key.id] = now
        return key

    def by_id(self, key_id: str) -> ApiKey:
        """The key with this id, on behalf of whoever has shown it before.

        Raises:
            Unauthorized: there is none any more, or it has expired.
        """
        key = self._read(key_id)
        if key is None or key.expired(self._clock()):
            raise Unauthorized("The key of this token is not valid any more.")
        return key

    def all(self) -> list[ApiKey]:
        """All keys, oldest first."""
        with translate_errors():
            stored = self._redis.hvals(keys.API_KEYS)
        return sorted((_key(text) for text in stored), key=lambda key: key.created_at)

    def revoke(self, key_id: str) -> bool:
        """Make a key worthless, from the next request on, and forget its webhooks' secret. False: no such key."""
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.API_KEYS, key_id)
            pipe.hdel(keys.API_KEYS_USED, key_id)
            pipe.hdel(keys.WEBHOOKS_SECRETS, key_id)
            pipe.zadd(keys.ERASURES, {"erased": 0})  # by whatever clock, it is due
            removed = bool(pipe.execute()[0])
        if removed:
            self.audit.changed("revoked", key_id)
        return removed

    def last_uses(self) -> dict[str, float]:
        """When each key was used last, to some seconds; a key that never was is left out."""
        with translate_errors():
            found = self._redis.hgetall(keys.API_KEYS_USED)
        return {key_id.decode(): float(at) for key_id, at in found.items()}

    def flush(self) -> None:
        """Store which keys were used since the last time: not at each request, which would cost a round trip."""
        with self._lock:
            used, self._used = self._used, {}
        if used:
            with translate_errors():
                self._redis.hset(keys.API_KEYS_USED, mapping={key_id: str(at) for key_id, at in used.items()})

    def _read(self, key_id: str) -> ApiKey | None:
        with translate_errors():
            stored = self._redis.hget(keys.API_KEYS, key_id)
        return _key(stored) if stored else None

    def _store(self, key: ApiKey) -> None:
        """Leave out what is not set, so that gateways of the version before read the key as well."""
        with translate_errors():
            self._redis.hset(keys.API_KEYS, key.id, key.model_dump_json(exclude_defaults=True))


def id_of(token: str) -> str:
    """The id that a token claims to have, for logs; empty if it has not the form of a key."""
    parts = _TOKEN.fullmatch(token)
    return parts[1] if parts else ""


def _hash(secret: str) -> str:
    """A plain hash is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(stored: bytes) -> ApiKey:
    return read_record(ApiKey, stored, "An API key", in_full=True)
