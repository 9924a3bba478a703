"""Whether Redis has room for more jobs, and can keep them: asked before it refuses whatever is written.

A server that is full refuses more than jobs: workers cannot say that they are alive, nothing is counted. So the last
part of its memory is not for new jobs. What finished jobs, idempotency keys and all others leave there counts as well.
"""

from typing import Any, Final, NamedTuple

from redis import Redis

from contracts.storage.connections import translate_errors

FOR_NEW_JOBS: Final = 0.9
"""Part of the memory beyond which no job is accepted."""


class Room(NamedTuple):
    """What a server has left."""

    used_bytes: int
    limit_bytes: int
    """Of its memory; 0: none is set."""
    writes: bool
    """Whether its last write to its file succeeded."""

    @property
    def full(self) -> bool:
        """Whether new jobs would take what is kept for those that end."""
        return 0 < FOR_NEW_JOBS * self.limit_bytes <= self.used_bytes


def read_room(redis: Redis) -> Room:
    """The room that there is, in one round trip."""
    with translate_errors(), redis.pipeline(transaction=False) as pipe:
        pipe.info("memory")
        pipe.info("persistence")
        memory, persistence = pipe.execute()
    return room_of(memory, persistence)


def room_of(memory: dict[str, Any], persistence: dict[str, Any]) -> Room:
    """The room, from the sections of those names of ``INFO``."""
    used = int(memory["used_memory"]) - int(memory.get("mem_not_counted_for_evict", 0))
    writes = persistence.get("aof_last_write_status", "ok") == "ok"
    return Room(used, int(memory.get("maxmemory", 0)), writes)
