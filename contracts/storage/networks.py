"""The plan of networks that is set for all workers; each looks at it every second."""

import logging
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from redis import Redis
from redis.exceptions import WatchError

from contracts.errors import Overloaded, RecordUnreadable
from contracts.networks import MAX_PLANS_BEFORE, NetworkPlan, NetworkRecord
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record

_TRIES: Final = 20
"""So often another operator may come in between."""

logger = logging.getLogger(__name__)


class PlanSeen(NamedTuple):
    """What a look at the plan has found."""

    record: NetworkRecord | None
    """None, if one is set that cannot be read."""
    unreadable: str
    """Why it cannot; empty if it can."""


class _NothingBeforeError(Exception):
    """There is no plan to go back to, or no more since others went back at the same time."""


class NetworkStore:
    """Reads and changes the plan."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.time) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970."""
        self._redis, self._clock = redis, clock
        self._told = ""

    def read(self) -> NetworkRecord:
        """The plan in force; an empty one, of epoch 0, while none has been set.

        Raises:
            BrokerUnavailable: Redis does not answer.
            RecordUnreadable: it is of a newer version in a way that cannot be passed over.
        """
        with translate_errors():
            stored = self._redis.get(keys.NETWORKS)
        return _read(stored)

    def look(self) -> PlanSeen:
        """The same for who shows it beside other things: a plan that cannot be read is no error, and logged once.

        Raises:
            BrokerUnavailable: Redis does not answer.
        """
        try:
            seen = PlanSeen(self.read(), "")
        except RecordUnreadable as error:
            seen = PlanSeen(None, str(error))
        if seen.unreadable and seen.unreadable != self._told:
            logger.error("%s", seen.unreadable)
        self._told = seen.unreadable
        return seen

    def change(
        self, make: Callable[[NetworkRecord], NetworkPlan], change: str, by: str, *, whatever_was: bool = False
    ) -> NetworkRecord:
        """Put another plan in force; the one before is kept, to go back to.

        Args:
            make: gives the new plan for the one in force; called again if another operator comes in between.
            change: what is done, in a few words.
            by: who does it.
            whatever_was: whether one that cannot be read is given up for it; `make` is given an empty one then.

        Returns:
            What is stored then.

        Raises:
            BrokerUnavailable, Overloaded, RecordUnreadable: nothing was changed.
        """
        return self._store(lambda old: (make(old), [*old.before, old.plan]), change, by, whatever_was=whatever_was)

    def roll_back(self, by: str, check: Callable[[NetworkPlan], None]) -> NetworkRecord | None:
        """Put the plan before in force again, and forget the present one; none, if there was none before.

        Args:
            by: who does it.
            check: raises if that plan cannot be served.
        """

        def back(old: NetworkRecord) -> tuple[NetworkPlan, list[NetworkPlan]]:
            if not old.before:  # others went back meanwhile
                raise _NothingBeforeError
            check(old.before[-1])
            return old.before[-1], old.before[:-1]

        try:
            return self._store(back, "rollback", by)
        except _NothingBeforeError:
            return None

    def is_key(self, key_id: str) -> bool:
        """Whether there is an API key with this id."""
        with translate_errors():
            return bool(self._redis.hexists(keys.API_KEYS, key_id))

    def _store(
        self,
        make: Callable[[NetworkRecord], tuple[NetworkPlan, list[NetworkPlan]]],
        change: str,
        by: str,
        *,
        whatever_was: bool = False,
    ) -> NetworkRecord:
        with translate_errors(), self._redis.pipeline() as pipe:
            for _ in range(_TRIES):
                pipe.watch(keys.NETWORKS)
                try:
                    old = _read(pipe.get(keys.NETWORKS))
                except RecordUnreadable:
                    if not whatever_was:
                        raise
                    old = NetworkRecord()
                plan, before = make(old)
                new = NetworkRecord(
                    epoch=max(old.epoch + 1, int(self._clock() * 1000)),
                    plan=plan,
                    set_at=self._clock(),
                    set_by=by,
                    change=change,
                    before=before[-MAX_PLANS_BEFORE:],
                )
                pipe.multi()
                pipe.set(keys.NETWORKS, new.model_dump_json())
                try:
                    pipe.execute()
                except WatchError:
                    continue
                return new
        raise Overloaded("Others change the plan of networks at the same time; try again.", retry_after=1)


def _read(stored: bytes | None) -> NetworkRecord:
    return read_record(NetworkRecord, stored, "The plan of networks") if stored else NetworkRecord()
