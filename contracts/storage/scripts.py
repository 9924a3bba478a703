"""Lua scripts that belong to the stores; each file's header is its documentation."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError

from contracts.storage.connections import before_sending

_NO_FLAGS: Final = "#!lua"
_FLAGS: Final = f"{_NO_FLAGS} flags=allow-oom"
"""Even when memory is full: most of these scripts end in freeing some, and a job that cannot be finished never would.
What adds data is bounded by the gateway's admission (jobs), by a TTL of seconds (frames) or by the number of workers.
Redis 7 and newer."""
_READING: Final = f"{_FLAGS},no-writes"
"""Also by a replica, and by a server that cannot write its file."""

PRELUDES: Final = {
    "add_history": ("record",),
    "begin_frames": ("record",),
    "cancel": ("record", "end_key", "finalize"),
    "claim": ("record", "end_key", "finalize", "attempt"),
    "claim_next": ("record", "end_key", "finalize", "attempt"),
    "create": ("record", "found"),
    "confirm": ("found",),
    "due": ("record",),
    "erase": ("record", "forget_annotated"),
    "finish": ("record", "end_key", "finalize"),
    "forget_expired": ("record", "forget_annotated"),
    "keep_annotated": ("record", "forget_annotated"),
    "note_events": ("record",),
    "overdue": ("record",),
    "publish": ("record",),
    "put_analysis": ("newest",),
    "put_views": ("newest",),
    "refuse": ("found",),
    "renew": ("record",),
    "reserve_request": ("record",),
    "restore_job": ("record",),
    "rewrite_due": ("record",),
    "take": ("record",),
    "want": ("record",),
    "wanted": ("record",),
    "webhook_delivered": ("record", "end_key"),
    "webhook_failed": ("record",),
    "webhook_replay": ("record",),
}
"""Other files, whose local functions a script uses, in this order."""
REFUSED_WHEN_FULL: Final = frozenset({"add_history", "create", "keep_annotated", "put_part", "restore_job"})
"""Scripts that do not run when memory is full."""
READ_ONLY: Final = frozenset({"waiting"})
"""Scripts that write nothing, and run wherever Redis can be read."""


Command = tuple[str | int, ...]
"""A command of the server and its arguments."""


class Call(NamedTuple):
    """A script with what it is called with."""

    script: Script
    keys: Sequence[str]
    args: Sequence[Any]


def load_script(redis: Redis, name: str) -> Script:
    """Register ``contracts/storage/lua/{name}.lua``; the server compiles it once and keeps it by hash."""
    flags = _NO_FLAGS if name in REFUSED_WHEN_FULL else _READING if name in READ_ONLY else _FLAGS
    return redis.register_script("\n".join([flags, *map(_text, [*PRELUDES.get(name, ()), name])]))


def run_scripts(redis: Redis, calls: Sequence[Call], then: Sequence[Command] = ()) -> list[Any]:
    """Run scripts one after the other in one round trip, over one connection.

    Args:
        redis: the server.
        calls: each may be run twice without harm: those that the server did not know are loaded and run again.
        then: what is asked over the same connection, when the scripts have run.

    Returns:
        What each of them answers: of one that failed, its error. The others have run all the same.

    Raises:
        NothingSent: there was no connection to be had. RedisError: the server does not answer.
    """
    with before_sending():
        connection = redis.connection_pool.get_connection()
    answers = _run(redis, calls, then, connection)
    unknown = [index for index in range(len(calls)) if isinstance(answers[index], NoScriptError)]
    if unknown:
        for index in unknown:
            redis.script_load(calls[index].script.script)
        again = _run(redis, [calls[index] for index in unknown], then)
        for index, answer in zip([*unknown, *range(len(calls), len(answers))], again, strict=True):
            answers[index] = answer
    return answers


def _run(redis: Redis, calls: Sequence[Call], then: Sequence[Command], connection: Any = None) -> list[Any]:
    with redis.pipeline(transaction=False) as pipe:  # not `Script.__call__`, which asks first whether each is known
        pipe.connection = connection  # it takes one itself without, and gives back either
        for script, names, args in calls:
            pipe.evalsha(script.sha, len(names), *names, *args)
        for command in then:
            pipe.execute_command(*command)
        answers: list[Any] = pipe.execute(raise_on_error=False)
        return answers


def _text(name: str) -> str:
    return files("contracts.storage").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
