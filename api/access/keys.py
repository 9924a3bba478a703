"""API keys: named, with scopes and a rate; only a hash of each is stored."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import Final

from pydantic import Field
from redis import Redis

from api.http.endpoint import Scope
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import translate_errors

_TOKEN: Final = re.compile(r"mien_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class ApiKey(Message):
    """A key as it is stored: everything but the key itself."""

    id: str
    name: str
    hash: str
    scopes: frozenset[Scope]
    rate: str = Field("", description="As `60/minute`; empty: the setting's.")
    created_at: float


class ApiKeyStore:
    """Creates, finds and revokes keys."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock

    def create(self, name: str, scopes: frozenset[Scope], rate: str = "") -> str:
        """Make a key. Returns the token to hand to its owner; it cannot be shown again."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = ApiKey(id=key_id, name=name, hash=_hash(secret), scopes=scopes, rate=rate, created_at=self._clock())
        with translate_errors():
            self._redis.hset(keys.API_KEYS, key_id, key.model_dump_json())
        return f"mien_{key_id}_{secret}"

    def find(self, token: str) -> ApiKey | None:
        """The key that this token is; None if it is none."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        with translate_errors():
            stored = self._redis.hget(keys.API_KEYS, parts[1])
        if stored is None:
            return None
        key = ApiKey.model_validate_json(stored)
        return key if hmac.compare_digest(key.hash, _hash(parts[2])) else None

    def all(self) -> list[ApiKey]:
        """All keys, oldest first."""
        with translate_errors():
            stored = self._redis.hvals(keys.API_KEYS)
        return sorted((ApiKey.model_validate_json(text) for text in stored), key=lambda key: key.created_at)

    def revoke(self, key_id: str) -> bool:
        """Make a key worthless, from the next request on. False: there is no such key."""
        with translate_errors():
            return bool(self._redis.hdel(keys.API_KEYS, key_id))


def _hash(secret: str) -> str:
    """A plain hash is enough: the secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
