"""Redis as a newer version of Mien would have filled it: a member more in every object that is stored."""

import json
from typing import Any, Final

from redis import Redis

MAPS: Final = frozenset({"scores", "raw_scores", "stages_ms", "people", "weights", "keys", "serves", "error_counts"})
"""Members whose own members are data; another one would be another datum."""
OPAQUE: Final = frozenset({"metadata"})
"""What clients gave, and get back as it is."""
HASHES_OF_RECORDS: Final = ("mien:workers", "mien:webhooks:dead")
"""Their fields are names; another one would be another record."""


def with_more(value: Any) -> Any:
    """The same JSON with a member more in every object, but for those that are maps."""
    if isinstance(value, list):
        return [with_more(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: _of_member(name, part) for name, part in value.items()} | {"added": {"by": "a newer version"}}


def _of_member(name: str, value: Any) -> Any:
    if name in OPAQUE:
        return value
    if name in MAPS and isinstance(value, dict):
        return {key: with_more(part) for key, part in value.items()}
    return with_more(value)


def add_members(redis: Redis, *, but: tuple[str, ...] = ()) -> set[str]:
    """Add members to every record that stands here, and fields to every hash that is one.

    Args:
        redis: the server.
        but: beginnings of keys that are left as they are.

    Returns:
        Keys that were changed.
    """
    changed = set[str]()
    for key in [name.decode() for name in redis.scan_iter("mien:*", count=1_000)]:
        if not key.startswith(but) and _CHANGES[redis.type(key).decode()](redis, key):
            changed.add(key)
    return changed


def _more(stored: bytes) -> bytes | None:
    """The record with a member more; none if it is no JSON object, or list of some."""
    try:
        read = json.loads(stored)
    except ValueError:
        return None
    more = with_more(read)
    return None if more == read else json.dumps(more).encode()


def _of_string(redis: Redis, key: str) -> bool:
    more = _more(redis.get(key) or b"")
    return more is not None and bool(redis.set(key, more, keepttl=True))


def _of_hash(redis: Redis, key: str) -> bool:
    found = {field: more for field, value in redis.hgetall(key).items() if (more := _more(value)) is not None}
    if key not in HASHES_OF_RECORDS and (found or redis.hexists(key, "jpeg")):
        found[b"added"] = b"by a newer version"
    if found:
        redis.hset(key, mapping=found)
    return bool(found)


def _of_list(redis: Redis, key: str) -> bool:
    found = [(index, _more(value)) for index, value in enumerate(redis.lrange(key, 0, -1))]
    for index, more in found:
        if more is not None:
            redis.lset(key, index, more)
    return any(more is not None for _, more in found)


def _of_stream(redis: Redis, key: str) -> bool:
    entries = redis.xrange(key)
    redis.delete(key)
    for number, fields in entries:
        more = {name: _more(value) or value for name, value in fields.items()} | {b"added": b"by a newer version"}
        redis.xadd(key, more, id=number)
    return bool(entries)


_CHANGES: Final = {
    "string": _of_string,
    "hash": _of_hash,
    "list": _of_list,
    "stream": _of_stream,
    "zset": lambda *_: False,
}
