"""What cameras have shown, in Redis: a stream a camera, bounded in time and in number."""

from collections.abc import Callable, Iterator
from typing import Final

from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.history import HistorySample
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import servers_time
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script
from contracts.storage.turns import take_turn

SAMPLE_EVERY_S: Final = 1.0
MOST_SAMPLES: Final = 100_000
"""Of a camera, whatever its retention: a day and a few hours."""
_LEAST_GAP_MS: Final = 900
"""Less than a second: who writes looks every half second, and is not always in time."""
_PAGE: Final = 500
_SHARE: Final = 0.5
"""Part of the memory of Redis, where that has a limit, that all histories may take together."""
_KEPT, _LEAST = 0.8, 100
"""Part of a history that is left when it is cut, and the samples below which it is not."""


class HistoryStore:
    """Samples of cameras. Nothing is stored of a camera whose options do not ask for it."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the frame Redis; `clock` gives seconds since 1970, in place of the server's."""
        self._redis = redis
        self.now, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._add = load_script(redis, "add_history")

    def add(self, camera: str, sample: HistorySample) -> bool:
        """Keep a sample for as long as it says.

        Returns:
            False if another one was kept less than a second ago.
        """
        stored = sample.model_dump_json(exclude_defaults=True)
        args = [camera, self._steps_clock(), sample.kept_s, _LEAST_GAP_MS, MOST_SAMPLES, stored]
        with translate_errors():
            return bool(self._add(keys=[keys.history(camera), keys.HISTORIES], args=args))

    def read(self, camera: str, since: float, until: float) -> Iterator[HistorySample]:
        """The samples of this time, the oldest first; those that cannot be read, or are too old, are passed over.

        Args:
            camera: which.
            since: seconds since 1970, by the server's clock.
            until: the same, included.
        """
        first, last, now = f"{max(0, round(1000 * since))}", f"{max(0, round(1000 * until))}", self.now()
        while True:
            with translate_errors():
                page = self._redis.xrange(keys.history(camera), first, last, count=_PAGE)
            for number, fields in page:
                try:
                    sample = read_record(HistorySample, fields[b"sample"], f"A sample of camera {camera}")
                except RecordUnreadable:
                    continue
                if int(number.partition(b"-")[0]) >= 1000 * (now - sample.kept_s):
                    yield sample
            if len(page) < _PAGE:
                return
            first = f"({page[-1][0].decode()}"

    def exists(self, camera: str) -> bool:
        """Whether anything is kept of a camera."""
        with translate_errors():
            return bool(self._redis.exists(keys.history(camera)))

    def forget_old(self) -> None:
        """Forget samples whose time is over, also of cameras that have ended."""
        with translate_errors():
            for camera, retention_s in self._redis.zrange(keys.HISTORIES, 0, -1, withscores=True):
                name = keys.history(camera.decode())
                self._redis.xtrim(name, minid=round(1000 * (self.now() - retention_s)), approximate=False)
                if not self._redis.xlen(name):
                    self._redis.zrem(keys.HISTORIES, camera)

    def make_room(self) -> list[str]:
        """Forget the oldest samples of the largest histories if all take more than their share of Redis' memory.

        Full, it would drop whole histories, of all cameras.

        Returns:
            Cameras whose histories were cut.
        """
        cut = list[str]()
        with translate_errors():
            budget = _SHARE * int(self._redis.info("memory").get("maxmemory", 0))
            names = [camera.decode() for camera in self._redis.zrange(keys.HISTORIES, 0, -1)] if budget else []
            sizes = {name: int(self._redis.memory_usage(keys.history(name)) or 0) for name in names}
            while sizes and sum(sizes.values()) > budget:
                name = max(sizes, key=sizes.__getitem__)
                count = self._redis.xlen(keys.history(name))
                if count < _LEAST:
                    break
                self._redis.xtrim(keys.history(name), maxlen=round(_KEPT * count), approximate=False)
                sizes[name] = int(self._redis.memory_usage(keys.history(name)) or 0)
                cut.append(name)
        return sorted(set(cut))

    def take_turn(self, worker: str, seconds: float) -> bool:
        """Whether it is for this worker to note what cameras show, for so long; it keeps the turn by asking again."""
        return take_turn(self._redis, keys.OBSERVER, worker, seconds)

    def erase(self, camera: str) -> bool:
        """Forget everything of a camera. Returns whether there was anything."""
        with translate_errors():
            self._redis.zrem(keys.HISTORIES, camera)
            return bool(self._redis.unlink(keys.history(camera)))
