"""One fault after the other, in an order that follows from a seed."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from redis import Redis

from contracts.storage.scripts import load_script
from soak.site import BROKER, Site
from support.receiver import Receiver
from support.redis_proxy import RedisProxy

_STEPS: Final = ("create", "claim_next", "finish", "webhook_delivered", "erase")


class Fault(NamedTuple):
    """What goes wrong."""

    name: str
    seconds: float


FAULTS: Final = (
    Fault("kill worker", 1),
    Fault("kill gateway", 1),
    Fault("kill redis", 1),
    Fault("kill capture", 1),
    Fault("stop worker", 1),
    Fault("freeze worker", 12),
    Fault("freeze gateway", 4),
    Fault("freeze redis", 6),
    Fault("cut connections", 5),
    Fault("lose answers", 1),
    Fault("storm network", 8),
    Fault("memory full", 6),
    Fault("receiver down", 10),
)


def order(seed: int, count: int) -> Iterator[tuple[Fault, int]]:
    """So many faults, each as often as any other, and a number for what is to be chosen."""
    chance, left = random.Random(seed), list[Fault]()
    for _ in range(count):
        if not left:
            left = list(FAULTS)
            chance.shuffle(left)
        yield left.pop(), chance.randrange(1_000)


class Injector:
    """Does what a fault says, and undoes it."""

    def __init__(self, site: Site, proxy: RedisProxy, redis: Redis, receiver: Receiver) -> None:
        """Act on these; processes whose name ends in 0 are never ended."""
        self._site, self._proxy, self._redis, self._hooks = site, proxy, redis, receiver
        self.ended: list[tuple[float, Fault]] = []
        """When each fault was over, in seconds since 1970."""
        self.broker_kills: list[float] = []
        """When the broker was killed, likewise."""
        self._shas = {step: load_script(redis, step).sha.encode() for step in _STEPS}

    def inject(self, fault: Fault, choice: int) -> None:
        """Do it, for as long as it lasts."""
        what, whom = fault.name.split()
        getattr(self, f"_{what}")(whom, fault.seconds, choice)
        self.ended.append((time.time(), fault))

    def _kill(self, whom: str, seconds: float, choice: int) -> None:
        if whom == BROKER:
            self.broker_kills.append(time.time())
            self._site.kill(BROKER)
            time.sleep(seconds)
            self._site.broker.start()
            return
        self._site.kill(f"{whom}-1")
        time.sleep(seconds)
        self._site.start(f"{whom}-1")

    def _stop(self, whom: str, seconds: float, choice: int) -> None:
        self._site.stop(f"{whom}-1", 60)
        self._site.start(f"{whom}-1")

    def _freeze(self, whom: str, seconds: float, choice: int) -> None:
        self._hold(seconds, self._site.freeze(whom if whom == BROKER else f"{whom}-{choice % 2}"))

    def _cut(self, whom: str, seconds: float, choice: int) -> None:
        for _ in range(10):
            self._proxy.cut()
            time.sleep(seconds / 10)

    def _lose(self, whom: str, seconds: float, choice: int) -> None:
        self._proxy.lose_answers(self._shas[_STEPS[choice % len(_STEPS)]], 6)

    def _storm(self, whom: str, seconds: float, choice: int) -> None:
        self._proxy.delay_s, self._proxy.reset_share = 0.2, 0.05

        def calm() -> None:
            self._proxy.delay_s = self._proxy.reset_share = 0.0

        self._hold(seconds, calm)

    def _memory(self, whom: str, seconds: float, choice: int) -> None:
        limit = self._redis.config_get("maxmemory")["maxmemory"]
        self._redis.config_set("maxmemory", self._redis.info("memory")["used_memory"])
        self._hold(seconds, lambda: self._redis.config_set("maxmemory", limit))

    def _receiver(self, whom: str, seconds: float, choice: int) -> None:
        self._hooks.status = 503

        def back() -> None:
            self._hooks.status = 204

        self._hold(seconds, back)

    @staticmethod
    def _hold(seconds: float, undo: Callable[[], object]) -> None:
        try:
            time.sleep(seconds)  # how long the fault lasts; nothing is waited for
        finally:
            undo()


def run(injector: Injector, faults: Sequence[tuple[Fault, int]], every_s: float, stop: threading.Event) -> None:
    """Inject one fault after the other, one every so many seconds, until all are done or it is stopped."""
    began = time.monotonic()
    for number, (fault, choice) in enumerate(faults):
        if stop.wait(max(0.0, began + number * every_s - time.monotonic())):
            return
        print(f"{time.monotonic() - began:7.1f} s  {fault.name}", flush=True)
        injector.inject(fault, choice)
