"""Streams end, and waits end without a result, when the key of their request is revoked or expires."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from flask import request

from api.access.authentication import current_key, is_passed_on, token_of
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
    return stream if current_key() is None else _watched(stream, still_allowed(keys), clock)


def still_allowed(keys: ApiKeyStore) -> Callable[[], bool]:
    """Whether the current request's key is still good, as a question to ask after the request, too.

    Costs a round trip. While Redis does not answer the answer is yes: no key can be revoked then.
    """
    key, token = current_key(), token_of(request)
    if key is None:
        return lambda: True
    look = partial(keys.by_id, key.id) if is_passed_on() else partial(keys.verify, token)

    def ask() -> bool:
        try:
            look()
        except Unauthorized:
            return False
        except Unavailable:
            pass
        return True

    return ask


@contextmanager
def check_after_wait(keys: ApiKeyStore, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """A block in which the current request waits for a result: after it, the request's key is looked at again.

    A block that took less than `LOOK_EVERY_S` costs no round trip. While Redis does not answer no key can be revoked.

    Args:
        keys: where the key is looked up.
        clock: gives seconds.

    Raises:
        Unauthorized: the key has been revoked, or has expired, meanwhile.
    """
    begun = clock()
    yield
    if current_key() is not None and clock() >= begun + LOOK_EVERY_S:
        with suppress(Unavailable):
            keys.verify(token_of(request))


def _watched(stream: Iterator[Part], allowed: Callable[[], bool], clock: Callable[[], float]) -> Iterator[Part]:
    looked_at = clock()
    with closing(stream):  # type: ignore[type-var]
        for part in stream:
            if clock() >= looked_at + LOOK_EVERY_S:
                looked_at = clock()
                if not allowed():
                    return
            yield part
