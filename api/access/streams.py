"""Streams end when the key that opened them is revoked or expires."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, TypeVar

from flask import request

from api.access.authentication import current_key, token_of
from api.access.keys import ApiKeyStore
from contracts.errors import Unauthorized, Unavailable

LOOK_EVERY_S: Final = 3.0

Part = TypeVar("Part", str, bytes)


def while_allowed(
    stream: Iterator[Part], keys: ApiKeyStore, clock: Callable[[], float] = time.monotonic
) -> Iterator[Part]:
    """The parts of a stream, for as long as the current request's key is good.

    The key is looked at again every few seconds, before the next part is sent. While Redis does not answer the stream
    goes on: no key can be revoked then.

    Args:
        stream: closed at the end.
        keys: where the key is looked up.
        clock: gives seconds.
    """
    return stream if current_key() is None else _watched(stream, keys, token_of(request), clock)


def _watched(stream: Iterator[Part], keys: ApiKeyStore, token: str, clock: Callable[[], float]) -> Iterator[Part]:
    looked_at = clock()
    with closing(stream):  # type: ignore[type-var]
        for part in stream:
            if clock() >= looked_at + LOOK_EVERY_S:
                looked_at = clock()
                try:
                    keys.verify(token)
                except Unauthorized:
                    return
                except Unavailable:
                    pass
            yield part
