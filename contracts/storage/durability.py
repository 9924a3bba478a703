"""Steps that are answered only once what they wrote is as safe as the installation promises (``MIEN_DURABILITY``).

=============  =================================================================  ===============================
setting        a step that is answered                                            asked of the server
=============  =================================================================  ===============================
everysec       stands in the server's memory; in its file within about a second   nothing more
always         is on the server's disk                                            ``WAITAOF 1 0``, and its policy
replicated     stands in the memory of another server as well                     ``WAIT 1``
=============  =================================================================  ===============================

``WAIT`` and ``WAITAOF`` speak of what their own connection wrote, so they go with the step in one pipeline: one trip,
one connection, which others cannot use meanwhile. A step that finds its work done already has to write something all
the same, or there is nothing on its connection to wait for.

``WAITAOF`` alone is not enough: with ``appendfsync everysec`` some servers answer it up to a second before the data are
on the disk (Redis 7.4 before its pull request 13793, Valkey 9.1.2 by measurement). So ``always`` asks for the policy,
too, and takes no other than ``always``, with which a server answers nothing before it has synced.
"""

from typing import Any, Final, NamedTuple

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from contracts.errors import BrokerUnavailable, ConfigurationError
from contracts.settings import Durability
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.scripts import Call, Command, run_scripts

CONFIRM_S: Final = 2.0
"""How long a step waits to be confirmed, at most."""
_MS: Final = int(CONFIRM_S * 1_000)
_POLICY: Final = {"appendfsync": "always", "no-appendfsync-on-rewrite": "no"}
_CONFIRMATIONS: Final[dict[Durability, tuple[Command, ...]]] = {
    "everysec": (),
    "always": (("WAITAOF", 1, 0, _MS), ("CONFIG GET", *_POLICY)),
    "replicated": (("WAIT", 1, _MS),),
}


class Outcome(NamedTuple):
    """What became of a step."""

    answer: Any
    """Of the script."""
    unconfirmed: str
    """Why it is not as safe as it should be, which says nothing of the step itself; empty if it is."""


class DurableSteps:
    """Runs scripts, and waits until what they wrote is safe. Thread-safe."""

    def __init__(self, redis: Redis, durability: Durability) -> None:
        """Use this client's connections; each is taken for as long as a confirmation lasts."""
        self._redis, self._durability = redis, durability

    @property
    def waits(self) -> bool:
        """Whether anything is waited for."""
        return bool(_CONFIRMATIONS[self._durability])

    def run(self, call: Call) -> Outcome:
        """Run a script that may be run twice without harm.

        Raises:
            RedisError: as the driver has it.
        """
        if not self.waits:
            return Outcome(call.script(keys=call.keys, args=call.args), "")
        answer, *confirmations = run_scripts(self._redis, [call], _CONFIRMATIONS[self._durability])
        if isinstance(answer, Exception):
            raise answer
        return Outcome(answer, _unconfirmed(self._durability, confirmations))

    def confirm(self) -> None:
        """Wait until all that was written to this server before is safe.

        Raises:
            BrokerUnavailable: it is not, or not known to be.
        """
        if not self.waits:
            return
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.CONFIRMED, "", ex=60)  # behind all of it, on the connection that waits
            for command in _CONFIRMATIONS[self._durability]:
                pipe.execute_command(*command)
            written, *confirmations = pipe.execute(raise_on_error=False)
            if isinstance(written, Exception):
                raise written
        if reason := _unconfirmed(self._durability, confirmations):
            raise BrokerUnavailable(f"It is done, and may be lost yet: {reason}.")


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


def _unconfirmed(durability: Durability, answers: list[Any]) -> str:
    for answer in answers:
        if isinstance(answer, RedisError):
            return f"the job store answers '{answer}'"
    if durability == "replicated":
        return "" if answers[0] >= 1 else f"no replica has confirmed it within {CONFIRM_S:g} s"
    (on_disk, _), policy = answers
    return _other_policy(policy) if on_disk else f"it was not on the job store's disk within {CONFIRM_S:g} s"


def _other_policy(policy: dict[str, str]) -> str:
    wrong = [
        f"{name} is {policy.get(name, 'unknown')}, not {right}"
        for name, right in _POLICY.items()
        if policy.get(name) != right
    ]
    return " and ".join(wrong)
