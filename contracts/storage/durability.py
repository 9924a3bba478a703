"""Steps that are answered only once what they wrote is as safe as the installation promises (``MIEN_DURABILITY``).

=============  =================================================================  ===============================
setting        a step that is answered                                            asked of the server
=============  =================================================================  ===============================
everysec       stands in the server's memory; in its file within about a second   nothing more
always         is on the server's disk                                            ``WAITAOF 1 0``, and its policy
replicated     stands in the memory of other servers as well                      ``WAIT``, as `Replicas` says
=============  =================================================================  ===============================

``WAIT`` and ``WAITAOF`` speak of what their own connection wrote, so they go with the step in one pipeline: one trip,
one connection, which others cannot use meanwhile. A step that finds its work done already has to write something all
the same, or there is nothing on its connection to wait for.

``WAITAOF`` alone is not enough: with ``appendfsync everysec`` some servers answer it up to a second before the data are
on the disk (Redis 7.4 before its pull request 13793, Valkey 9.1.2 by measurement). So ``always`` asks for the policy,
too, and takes no other than ``always``, with which a server answers nothing before it has synced.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from contracts.errors import BrokerUnavailable, ConfigurationError
from contracts.settings import Durability
from contracts.storage import keys
from contracts.storage.connections import before_sending, translate_errors
from contracts.storage.scripts import Call, Command, run_scripts

CONFIRM_S: Final = 2.0
"""How long a step waits to be confirmed, at most."""
_POLICY: Final = {"appendfsync": "always", "no-appendfsync-on-rewrite": "no"}
GONE_S: Final = 10.0
"""A replica that has left its master is missed for so long: it may be the next master."""


class Outcome(NamedTuple):
    """What became of a step."""

    answer: Any
    """Of the script."""
    unconfirmed: str
    """Why it is not as safe as it should be, which says nothing of the step itself; empty if it is."""


class Replicas:
    """How many replicas have to confirm a step: all that follow the master. Thread-safe.

    One would do if the master were always dead before another is made. Where the Sentinels are told to move it, or
    cannot see it, they make a replica the master while the old one still takes writes, and its other replicas confirm
    these: all of them would be lost. So one that has left is waited for in vain for `GONE_S`, within which either the
    old master is told of the new one, or nothing was behind it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of none; `clock` gives seconds."""
        self._clock, self._lock = clock, threading.Lock()
        self._history, self._count, self._fewer_since = "", 1, math.inf

    @property
    def known(self) -> bool:
        """Whether a master has said how many follow it."""
        return bool(self._history)

    @property
    def count(self) -> int:
        """To be waited for."""
        return self._count

    def seen(self, told: Mapping[str, Any]) -> None:
        """Take what a master says of its replication, in the section of that name of ``INFO``."""
        replicas = [value for name, value in told.items() if re.fullmatch(r"slave\d+", name)]
        online, now = sum(replica["state"] == "online" for replica in replicas), self._clock()
        with self._lock:
            if told.get("master_replid") != self._history:  # another master, or the first one that is asked
                self._history, self._count, self._fewer_since = str(told.get("master_replid")), max(1, online), math.inf
            elif online >= self._count:
                self._count, self._fewer_since = online, math.inf
            else:
                self._fewer_since = min(now, self._fewer_since)
                if now - self._fewer_since >= GONE_S:
                    self._count, self._fewer_since = max(1, online), math.inf


class DurableSteps:
    """Runs scripts, and waits until what they wrote is safe. Thread-safe."""

    def __init__(self, redis: Redis, durability: Durability) -> None:
        """Use this client's connections; each is taken for as long as a confirmation lasts, `CONFIRM_S` at most."""
        self._redis, self._durability, self._ms = redis, durability, int(CONFIRM_S * 1_000)
        self._replicas = Replicas()

    @property
    def waits(self) -> bool:
        """Whether anything is waited for."""
        return self._durability != "everysec"

    def run(self, call: Call) -> Outcome:
        """Run a script that may be run twice without harm.

        Raises:
            NothingSent: it was not run. RedisError: as the driver has it.
        """
        with before_sending():
            then = self._confirmations() if self.waits else ()
        answer, *confirmations = run_scripts(self._redis, [call], then)
        if isinstance(answer, Exception):
            raise answer
        return Outcome(answer, self._unconfirmed(confirmations) if self.waits else "")

    def confirm(self) -> None:
        """Wait until all that was written to this server before is safe.

        Raises:
            BrokerUnavailable: it is not, or not known to be.
        """
        if not self.waits:
            return
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.CONFIRMED, "", ex=60)  # behind all of it, on the connection that waits
            for command in self._confirmations():
                pipe.execute_command(*command)
            written, *confirmations = pipe.execute(raise_on_error=False)
            if isinstance(written, Exception):
                raise written
        if reason := self._unconfirmed(confirmations):
            raise BrokerUnavailable(f"It is done, and may be lost yet: {reason}.")

    def _confirmations(self) -> Sequence[Command]:
        if self._durability == "always":
            return ("WAITAOF", 1, 0, self._ms), ("CONFIG GET", *_POLICY)
        if not self._replicas.known:
            self._replicas.seen(self._redis.info("replication"))
        return ("WAIT", self._replicas.count, self._ms), ("INFO", "replication")

    def _unconfirmed(self, answers: Sequence[Any]) -> str:
        for answer in answers:
            if isinstance(answer, RedisError):
                return f"the job store answers '{answer}'"
        if self._durability == "always":
            (on_disk, _), policy = answers
            return _other_policy(policy) if on_disk else f"it was not on the job store's disk within {CONFIRM_S:g} s"
        confirmed, told = answers
        self._replicas.seen(told)
        missing = max(1, self._replicas.count) - confirmed
        return f"{missing} of {self._replicas.count} replicas have not confirmed it in time" if missing > 0 else ""


def check_durability(redis: Redis, durability: Durability) -> str:
    """Make sure that the server can do what is promised. One that does not answer is not waited for.

    Returns:
        What the operator should know all the same; empty if nothing.

    Raises:
        ConfigurationError: it cannot, or does not say.
    """
    try:
        with translate_errors():
            if durability == "always":
                _check_always(redis)
            elif durability == "replicated" and not redis.info("replication").get("connected_slaves"):
                return (
                    "MIEN_DURABILITY=replicated, and no replica follows the job store: none is accepted until one does"
                )
    except BrokerUnavailable as error:
        return f"MIEN_DURABILITY={durability}, and whether the job store can do that is not known yet: {error}"
    return ""


def _check_always(redis: Redis) -> None:
    try:
        redis.execute_command("WAITAOF", 1, 0, 1)
        policy = redis.config_get("append*") | redis.config_get("no-append*")
    except ResponseError as error:
        raise ConfigurationError(
            f"MIEN_DURABILITY=always: the server of MIEN_REDIS_URL answers '{error}'. It takes Redis 7.2 or newer, or "
            "Valkey, with appendonly yes, and a user that may ask for its settings (+config|get).",
            field="durability",
        ) from error
    if reason := _other_policy(policy):
        raise ConfigurationError(
            f"MIEN_DURABILITY=always: {reason}; set it in the configuration of the server of MIEN_REDIS_URL, and of "
            "its replicas.",
            field="durability",
        )


def _other_policy(policy: dict[str, str]) -> str:
    wrong = [
        f"{name} is {policy.get(name, 'unknown')}, not {right}"
        for name, right in _POLICY.items()
        if policy.get(name) != right
    ]
    return " and ".join(wrong)
