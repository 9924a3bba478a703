"""Asking Sentinels which server is the master now.

More than one is asked, as one that is cut off from the others still names the old master: of those that answer, the one
with the newest configuration is believed. A Sentinel that does not answer is asked last the next time, so that a host
that died with both a server and a Sentinel is waited for once.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from contracts.redis_address import SentinelAddress, sentinel_options

_ONCE: Final = Retry(NoBackoff(), 0)
"""Of one that does not answer the next is asked instead, where the driver would ask it four times with pauses."""

_TOLD_EVERY_S: Final = 60.0

Place = tuple[str, int]

logger = logging.getLogger(__name__)


def asking_once(broker_options: dict[str, Any]) -> dict[str, Any]:
    """Celery's configuration, in which kombu asks each Sentinel once; without Sentinels, the same as before.

    Args:
        broker_options: from `contracts.queues.broker_options`.
    """
    options = broker_options["broker_transport_options"]
    if "sentinel_kwargs" in options:
        options["sentinel_kwargs"] |= {"retry": _ONCE}
    return broker_options


class Masters:
    """Finds the master of one name. Thread-safe; keeps no connections."""

    def __init__(self, address: SentinelAddress, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask these Sentinels; nothing is sent yet. `clock` gives seconds, and never goes back."""
        self._name, self._options = address.master, {**sentinel_options(address), "retry": _ONCE}
        self._sentinels = list(address.sentinels)
        self._enough = len(self._sentinels) // 2 + 1
        self._lock = threading.Lock()
        self._clock, self._told_at = clock, float("-inf")

    def find(self) -> Place:
        """Host and port of the master, as most of the Sentinels say, or as many as there are.

        Fewer than most are believed, too, as one that is left is better than none; that is told once a minute.

        Raises:
            RedisConnectionError: no Sentinel knows a master that is there.
            RedisTimeoutError: the same, and one of them did not answer in time.
        """
        with self._lock:
            asked = list(self._sentinels)
        known, silent, error = list[tuple[int, Place]](), list[Place](), RedisConnectionError
        reasons = list[str]()
        for place in asked:
            try:
                known.append(self._ask(place))
            except RedisError as failure:
                silent.append(place)
                reasons.append(f"{place[0]}:{place[1]}: {failure}")
                error = RedisTimeoutError if isinstance(failure, RedisTimeoutError) else error
            if len(known) >= self._enough:
                break
        with self._lock:
            self._sentinels.sort(key=lambda place: place in silent)
        if not known:
            raise error(f"no Sentinel knows a master {self._name} that is there: {'; '.join(reasons)}")
        if len(known) < self._enough:
            self._tell_of_few(len(known), reasons)
        return max(known)[1]

    def _tell_of_few(self, known: int, reasons: list[str]) -> None:
        with self._lock:
            now = self._clock()
            if now < self._told_at + _TOLD_EVERY_S:
                return
            self._told_at = now
        logger.warning(
            "only %d of %d Sentinels say which server is the master, and they may not know of a newer one: %s",
            known,
            len(self._sentinels),
            "; ".join(reasons),
        )

    def _ask(self, place: Place) -> tuple[int, Place]:
        """How new a Sentinel's configuration is, and its master."""
        with Redis(*place, **self._options) as sentinel:
            state = sentinel.sentinel_master(self._name)
        if not state["is_master"] or state["is_sdown"] or state["is_odown"]:
            raise RedisConnectionError(f"it takes {state['ip']}:{state['port']} for lost")
        return int(state["config-epoch"]), (str(state["ip"]), int(state["port"]))
