"""Lua scripts that belong to the stores; each file's header is its documentation."""

from importlib.resources import files
from typing import Final

from redis import Redis
from redis.commands.core import Script

_NO_FLAGS: Final = "#!lua"
_FLAGS: Final = f"{_NO_FLAGS} flags=allow-oom"
"""Even when memory is full: most of these scripts end in freeing some, and a job that cannot be finished never would.
What adds data is bounded by the gateway's admission (jobs) or by a TTL of seconds (frames). Redis 7 and newer."""


def load_script(redis: Redis, name: str, *, prelude: str = "", allow_oom: bool = True) -> Script:
    """Register ``contracts/storage/lua/{name}.lua``; the server compiles it once and keeps it by hash.

    Args:
        redis: the server.
        name: the script.
        prelude: another file of that folder, whose local functions the script uses.
        allow_oom: whether it runs even when memory is full.
    """
    return redis.register_script(script_text(name, prelude=prelude, allow_oom=allow_oom))


def script_text(name: str, *, prelude: str = "", allow_oom: bool = True) -> str:
    """The script as the server takes it; see `load_script`. For transactions, in which a script cannot be loaded.

    Without its header: in a transaction the text travels each time.
    """
    parts = [_text(prelude)] if prelude else []
    return "\n".join([_FLAGS if allow_oom else _NO_FLAGS, *parts, _text(name)])


def _text(name: str) -> str:
    text = files("contracts.storage").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
