"""Who sends as a camera: one at a time, whichever gateway it is connected to."""

from typing import Final

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.scripts import load_script

HELD_S: Final = 5.0
"""So long a name is held without a word of its sender's gateway: one that dies takes no name along, and one that waits
for a slow client to take a message does not lose it."""


class SenderStore:
    """Names of cameras that are held, in the frame Redis."""

    def __init__(self, redis: Redis) -> None:
        """Use the frame Redis."""
        self._redis = redis
        self._hold, self._leave = load_script(redis, "hold_name"), load_script(redis, "leave_name")

    def hold(self, camera: str, sender: str) -> bool:
        """Hold the name for `HELD_S`, or hold it on; to be called again in time.

        Args:
            camera: the name.
            sender: whose it is to be; no other one is called so.

        Returns:
            False if it is another one's.
        """
        with translate_errors():
            return bool(self._hold(keys=[keys.sender(camera)], args=[sender, int(HELD_S * 1000)]))

    def leave(self, camera: str, sender: str) -> bool:
        """Give the name back; that of another one stays. Returns whether it was this sender's."""
        with translate_errors():
            return bool(self._leave(keys=[keys.sender(camera)], args=[sender]))

    def held(self, camera: str) -> bool:
        """Whether anybody has the name."""
        with translate_errors():
            return bool(self._redis.exists(keys.sender(camera)))
