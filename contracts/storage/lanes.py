"""What operators hold back: queues that are paused, and whether jobs are accepted at all.

A paused queue is still accepted into and not taken from. Claims look at it in their own step, so that a pause holds
from the moment at which it is stored; what was claimed before is finished. A system that is drained accepts no jobs,
and finishes those that it has. Neither is a fault, and neither makes a worker count as deaf.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from redis import Redis

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.queues import LIVE, QUEUES
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors

DRAINED: Final = "drained"
"""Field of the time since when no jobs are accepted. Those of paused queues are their names."""
_RESUMED: Final = ":resumed"
_BELIEVED_S: Final = 2.0


class Lanes(NamedTuple):
    """What is held back."""

    paused: dict[str, float]
    """Queue → since when, in seconds since 1970 by the server's clock."""
    resumed: dict[str, float]
    """Queue → when it was resumed last: what waited until then is no worker's fault."""
    drained_at: float | None
    """Since when no jobs are accepted; None: they are."""


class LaneStore:
    """Pauses and resumes queues; stops and begins to accept jobs."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis, self._clock = redis, clock or servers_clock(redis)

    def pause(self, queue: str) -> bool:
        """Give out nothing more of one of `contracts.queues.QUEUES`. Returns False if it was paused already."""
        return self._hold(queue)

    def resume(self, queue: str) -> bool:
        """Give out again what waits. Returns False if the queue was not paused."""
        now = self._clock()
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.LANES, queue)
            pipe.hset(keys.LANES, queue + _RESUMED, now)
            gone, _ = pipe.execute()
        return bool(gone)

    def drain(self) -> bool:
        """Accept no more jobs, at any gateway. Returns False if that was so already."""
        return self._hold(DRAINED)

    def accept(self) -> bool:
        """Accept jobs again. Returns False if they were accepted."""
        with translate_errors():
            return bool(self._redis.hdel(keys.LANES, DRAINED))

    def read(self) -> Lanes:
        """What is held back now."""
        with translate_errors():
            found = {name.decode(): float(at) for name, at in self._redis.hgetall(keys.LANES).items()}
        paused = {queue: found[queue] for queue in QUEUES if queue in found}
        resumed = {queue: found[queue + _RESUMED] for queue in QUEUES if queue + _RESUMED in found}
        return Lanes(paused, resumed, found.get(DRAINED))

    def _hold(self, field: str) -> bool:
        now = self._clock()
        with translate_errors():
            return bool(self._redis.hsetnx(keys.LANES, field, f"{now:.6f}"))


class LivePause:
    """Whether live frames are to be analysed, as a worker sees it: some seconds old, so that no frame costs a trip."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        """Use the broker Redis; `clock` gives seconds, and never goes back."""
        self._redis, self._clock = redis, clock
        self._paused, self._read_at = False, float("-inf")

    @property
    def paused(self) -> bool:
        """What is known; asked anew every two seconds. While Redis is away it stays as it was."""
        if self._clock() - self._read_at >= _BELIEVED_S:
            self._read_at = self._clock()
            with suppress(BrokerUnavailable, Overloaded), translate_errors():
                self._paused = bool(self._redis.hexists(keys.LANES, LIVE))
        return self._paused
