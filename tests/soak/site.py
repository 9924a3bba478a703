"""The processes of a soak: they are killed, frozen and started again, and one that ends by itself is told."""

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import psutil
import requests
from redis import Redis

from contracts.storage.heartbeat import HeartbeatStore
from deploy.ports import free_port
from support.broker import Broker
from support.clocks import wait_for
from support.processes import Process, StartProcess

BROKER: Final = "redis"
_GATEWAY: Final = "api"
_WORKER: Final = "workers"


class Instance(NamedTuple):
    """One process from its start to its end, which its children belong to."""

    name: str
    """As `worker-1`: the next one in its place has the same."""
    role: str
    pid: int


class Site:
    """A broker, gateways, workers and a camera."""

    def __init__(
        self,
        broker: Broker,
        start: StartProcess,
        members: Iterable[tuple[str, str]],
        settings: Mapping[str, object],
    ) -> None:
        """Start all.

        Args:
            broker: that they work with.
            start: starts a process.
            members: name and module of each.
            settings: of all; gateways get a port each.
        """
        self.broker, self._start = broker, start
        self._members: dict[str, tuple[str, dict[str, object]]] = {}
        self._running: dict[str, Process] = {}
        self._lock = threading.RLock()
        self.urls: list[str] = []
        """Of the gateways."""
        for name, module in members:
            own = {**settings}
            if module == _GATEWAY:
                own["port"] = free_port()
                self.urls.append(f"http://127.0.0.1:{own['port']}")
            self._members[name] = module, own
            self.start(name)

    def start(self, name: str) -> None:
        """Start one, in the place of the one that has ended."""
        module, settings = self._members[name]
        with self._lock:
            self._running[name] = self._start(module, **settings)

    def kill(self, name: str) -> None:
        """End one as a crash does, with its children; the broker, too, which `start_broker` starts again."""
        if name == BROKER:
            self.broker.kill()
            return
        with self._lock:
            process = self._running.pop(name)
        for other in [*family(process.pid)[1:], *family(process.pid)[:1]]:
            with suppress(psutil.NoSuchProcess):
                other.kill()
        process.wait()

    def stop(self, name: str, seconds: float) -> None:
        """End one as a new release does; it gives back what it has."""
        with self._lock:
            process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=seconds) == 0, f"{name} ended with {process.returncode}"

    def freeze(self, name: str) -> Callable[[], None]:
        """Let one stand still. Returns what lets it go on."""
        if name == BROKER:
            self.broker.freeze()
            return self.broker.thaw
        stopped = family(self._running[name].pid)
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.suspend()

        def thaw() -> None:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

        return thaw

    def ended(self) -> list[str]:
        """Who has ended without being told to."""
        with self._lock:
            running = list(self._running.items())
        return [f"{name} ended with {process.returncode}" for name, process in running if process.poll() is not None]

    def instances(self) -> list[Instance]:
        """Who runs now."""
        with self._lock:
            running = [Instance(n, self._members[n][0], process.pid) for n, process in self._running.items()]
        return [*running, Instance(BROKER, BROKER, self.broker.pid)]

    def wait_until_ready(self, redis: Redis) -> None:
        """Return when all workers take jobs and all gateways answer; fail if a process ends meanwhile."""
        workers = sum(module == _WORKER for module, _ in self._members.values())

        def ready() -> bool:
            assert self.ended() == []
            return len(HeartbeatStore(redis).live_workers()) == workers and all(map(_answers, self.urls))

        wait_for(ready, "all processes to be ready", 120)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def family(pid: int) -> list[psutil.Process]:
    """A process and its children; nothing if it is gone."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
