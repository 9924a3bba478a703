"""Asking again until Redis answers, for what may be asked twice: a lost answer, and a result, are worth the wait."""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from redis.exceptions import MasterDownError, NoScriptError, OutOfMemoryError, ReadOnlyError

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.storage.connections import is_away

T = TypeVar("T")

_AGAIN_S: Final = 0.5
"""From one attempt to the next."""
_REFUSALS: Final = ("MISCONF", "NOREPLICAS", "BUSY")
"""Codes with which a server refuses whatever is asked, and for which the driver has no class."""

_FOR_NOW: Final = (OutOfMemoryError, ReadOnlyError, MasterDownError, NoScriptError)
"""The same where it has one. The last: it has started again since the script was loaded."""

logger = logging.getLogger(__name__)


def until_answered(ask: Callable[[], T], seconds: float) -> T:
    """What `ask` returns, once Redis answers and takes writes.

    Args:
        ask: may be called again without harm; sends, with the driver's errors translated.
        seconds: how long it is tried at most.

    Raises:
        BrokerUnavailable, Overloaded: Redis is away, or refuses, for longer.
    """
    end, told = time.monotonic() + seconds, False
    while True:
        try:
            return ask()
        except (BrokerUnavailable, Overloaded) as error:
            if not (is_away(error) or refuses_for_now(error.__cause__)) or time.monotonic() >= end:
                raise
            if not told:
                logger.warning("will ask again for %g s: %s", seconds, error)
            told = True
            time.sleep(_AGAIN_S)


def refuses_for_now(answer: object) -> bool:
    """Whether an answer is an error of the server's state, and none of what was asked."""
    if not isinstance(answer, Exception):
        return False
    return isinstance(answer, _FOR_NOW) or str(answer).startswith(_REFUSALS)
