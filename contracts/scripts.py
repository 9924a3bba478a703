"""Lua scripts that belong to the stores; each file's header is its documentation."""

from importlib.resources import files

from redis import Redis
from redis.commands.core import Script


def load_script(redis: Redis, name: str) -> Script:
    """Register ``contracts/lua/{name}.lua``; the server compiles it once and keeps it by hash."""
    return redis.register_script(files("contracts").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8"))
