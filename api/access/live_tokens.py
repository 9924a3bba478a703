"""Short-lived tokens for what cannot send a header: an ``<img>``, a browser's WebSocket or event source.

A token is the id of an API key, a scope and an end, signed; whoever has the key is given one, and passes it on as
``?token=``. It opens the views that take one, of that scope, for as long as the key is good, and cannot be used for
anything else. A stream that it has opened outlives it, and ends with the key.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer
from redis import Redis

from api.access.keys import ApiKey, ApiKeyStore
from api.http.scopes import Scope
from contracts.errors import Unauthorized
from contracts.storage import keys
from contracts.storage.connections import translate_errors

LIFE_S: Final = 120.0
"""A page opens its stream right after it has asked; addresses end in logs of proxies, where they are worthless soon."""
LONGEST: Final = 512
"""Characters; one has about 120."""
_SALT: Final = "mien live token"


class LiveToken(NamedTuple):
    """A token, as its owner is given it."""

    token: str
    expires_at: float
    """Seconds since 1970."""


class LiveTokens:
    """Issues and verifies tokens. All gateways share a secret, which is made for the first token."""

    def __init__(self, redis: Redis, api_keys: ApiKeyStore, clock: Callable[[], float] = time.time) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970."""
        self._redis, self._api_keys, self._clock = redis, api_keys, clock

    def issue(self, key_id: str, scope: Scope) -> LiveToken:
        """A token of this key, or of no key: that opens what needs none.

        Raises:
            Overloaded, BrokerUnavailable: there is no secret yet, and Redis takes none.
        """
        expires_at = self._clock() + LIFE_S
        return LiveToken(
            _signer(self._secret() or self._make_secret()).dumps([key_id, scope.value, round(expires_at, 3)]),
            expires_at,
        )

    def verify(self, token: str, scope: Scope | None) -> ApiKey | None:
        """The key behind a token; None if it was issued without one.

        Args:
            token: as a client sent it.
            scope: what it has to be for.

        Raises:
            Unauthorized: it is none, or not any more, or for something else; the sentence says which.
        """
        key_id, of_scope, expires_at = self._read(token)
        if self._clock() >= expires_at:
            raise Unauthorized("This token has expired; ask for a new one: POST /v1/live/token.", field="token")
        if of_scope != scope:
            raise Unauthorized(f'This token is for the scope "{of_scope}".', field="token")
        return self._api_keys.by_id(key_id) if key_id else None

    def _read(self, token: str) -> tuple[str, str, float]:
        try:
            if len(token) > LONGEST:
                raise BadSignature("too long")
            secret = self._secret()
            if secret is None:
                raise BadSignature("no gateway has signed anything")
            key_id, scope, expires_at = _signer(secret).loads(token)
            return str(key_id), str(scope), float(expires_at)
        except (BadSignature, ValueError, TypeError):
            raise Unauthorized("This token is not valid.", field="token") from None

    def _secret(self) -> str | None:
        """Asked for each time: Redis may have been emptied, and then all gateways agree on a new one at once.

        Only read, so that a Redis that is full, or cannot write its file, keeps no viewer out.
        """
        with translate_errors():
            kept = self._redis.get(keys.LIVE_SECRET)
        return kept.decode() if kept else None

    def _make_secret(self) -> str:
        """Another gateway's, if it is quicker."""
        fresh = secrets.token_hex(32)
        with translate_errors():
            kept = self._redis.set(keys.LIVE_SECRET, fresh, nx=True, get=True)
        return kept.decode() if kept else fresh


def _signer(secret: str) -> Any:
    return URLSafeSerializer(secret, salt=_SALT)
