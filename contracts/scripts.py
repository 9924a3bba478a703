"""Lua scripts that belong to the stores; each file's header is its documentation."""

from importlib.resources import files

from redis import Redis
from redis.commands.core import Script


def load_script(redis: Redis, name: str, *, prelude: str = "") -> Script:
    """Register ``contracts/lua/{name}.lua``; the server compiles it once and keeps it by hash.

    Args:
        redis: the server.
        name: the script.
        prelude: another file of that folder, whose local functions the script uses.
    """
    parts = [_text(prelude)] if prelude else []
    return redis.register_script("\n".join([*parts, _text(name)]))


def _text(name: str) -> str:
    return files("contracts").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
