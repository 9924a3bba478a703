"""Jobs of one image that wait: taken from their queue by a worker that is busy with a larger job.

The message is gone then, as it is when a worker dies between taking and claiming; the record is the truth, and what
cures that cures this.
"""

from typing import Final

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.scripts import load_script

_LOOKED_AT: Final = 32
"""Messages of a queue, from the next on."""


class SingleJobs:
    """Takes them, one atomic step each."""

    def __init__(self, redis: Redis) -> None:
        """Use the broker Redis."""
        self._take = load_script(redis, "take_single")

    def take(self, queue: str) -> str | None:
        """The id of the first job in the queue that has one image and was never begun; its message is gone.

        The next 32 messages are looked at. What is taken has been in the queue, not with a worker: Celery's record of
        messages that are not acknowledged does not have it.
        """
        with translate_errors():
            found = self._take(keys=[queue], args=[keys.job(""), _LOOKED_AT])
        return None if found is None else str(found.decode())
