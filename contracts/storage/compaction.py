"""Rewriting the append-only file of the broker Redis, so that what was deleted leaves the disk as well.

An append-only file holds every write until the server rewrites it, which it does by itself when the file has doubled
and is larger than 64 MB: a photo could lie there for months. So the scripts that delete note when something has gone or
will have gone (`keys.ERASURES`), in steps of a minute, and the workers ask for a rewrite then.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import servers_time
from contracts.storage.scripts import load_script

PAUSE_S: Final = 10.0
"""From one rewrite to the next, at least."""
_SHARE: Final = 20
"""A rewrite that takes long is followed by a pause as many times as long: rewriting takes 5 % of the time at most."""
_LONGEST_S: Final = 3_600.0
"""From one rewrite to the next, at most: for what expires without a note, such as images that were stored halfway."""

logger = logging.getLogger(__name__)


class FileCompaction:
    """Asks the server to rewrite its file when something in it is to go."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis = redis
        self._clock, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._due = load_script(redis, "rewrite_due")
        self._refused = False

    def run(self) -> bool:
        """Begin a rewrite if one is due; to be called every few seconds, by any number of workers.

        Returns:
            Whether one was begun.
        """
        state = self._persistence()
        if not state.get("aof_enabled") or state.get("aof_rewrite_in_progress"):
            return False
        pause = max(PAUSE_S, _SHARE * float(state.get("aof_last_rewrite_time_sec", 0)))
        with translate_errors():
            args = [self._steps_clock(), pause, max(pause, _LONGEST_S)]
            due = self._due(keys=[keys.ERASURES, keys.REWRITTEN_AT], args=args)
        return bool(due) and self._begin()

    def finish(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Rewrite the file if anything in it has been deleted, and wait for that: the server is about to stop.

        Args:
            seconds: how long to wait at most.
            sleep: waits between two looks.
        """
        with translate_errors():
            noted = self._redis.zremrangebyscore(keys.ERASURES, "-inf", self._clock() + 60)
        if not noted or not self._persistence().get("aof_enabled") or not self._begin():
            return
        end = time.monotonic() + seconds
        while self._busy() and time.monotonic() < end:
            sleep(0.02)

    def _busy(self) -> bool:
        state = self._persistence()
        return bool(state.get("aof_rewrite_in_progress") or state.get("aof_rewrite_scheduled"))

    def _persistence(self) -> dict[str, Any]:
        with translate_errors():
            found: dict[str, Any] = self._redis.info("persistence")
        return found

    def _begin(self) -> bool:
        try:
            with translate_errors():
                self._redis.bgrewriteaof()
        except Exception as error:
            if not isinstance(error.__cause__, ResponseError):
                raise
            self._note_refusal(error.__cause__)
            return False
        return True

    def _note_refusal(self, error: ResponseError) -> None:
        """Try again later; one that goes on already began before the last deletion."""
        with translate_errors():
            self._redis.zadd(keys.ERASURES, {"again": self._clock() + PAUSE_S})
        if "in progress" not in str(error) and not self._refused:
            self._refused = True
            logger.warning("deleted photos stay in Redis' file until Redis rewrites it, which it refuses: %s", error)
