"""A world in which only one thing happens at a time: which, and when, a seed decides.

Actors are greenlets. Each goes on until it is about to call Redis, or sleeps; then the world chooses who is next, lets
time pass, and says what becomes of the call. Time is a number. So a run is a matter of its seed alone.
"""

import random
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from greenlet import GreenletExit, getcurrent, greenlet

BEGINNING: Final = 1_700_000_000.0
"""Seconds since 1970 at which each world begins."""
_MOST_EVENTS: Final = 400


class Fate(Enum):
    """What becomes of a call."""

    DONE = "done"
    REFUSED = "not sent: the connection is cut"
    LOST = "executed, and the connection cut before the answer"
    SILENT = "executed, and no answer within the time limit"
    NEVER = "not executed, and no answer within the time limit"
    LATE = "no answer within the time limit, and executed later"
    CUT_LATE = "the connection is cut, and the call executed later"


class Process:
    """A process of Mien: its actors die together, and its children with it."""

    def __init__(self, name: str, parent: "Process | None" = None) -> None:
        """Be alive."""
        self.name, self.parent = name, parent
        self.alive = True
        self.frozen_until = 0.0
        self.killer = b""
        """The image that ended it."""
        self.renewed_at = 0.0
        """When it prolonged its leases last, by the server's clock."""


class Actor(greenlet):
    """One thread of a process."""

    def __init__(self, process: Process, work: Callable[[], None], hub: greenlet) -> None:
        """Be ready; `work` runs until it returns, or its process dies."""
        super().__init__(work, hub)
        self.process, self.wake_at = process, 0.0


class World:
    """Processes, time and chance."""

    def __init__(self, seed: int) -> None:
        """Begin with nothing."""
        self.random = random.Random(seed)
        self.now = BEGINNING
        self.server_offset = 0.0
        self.steps = 0
        self.actors: list[Actor] = []
        self.processes: list[Process] = []
        self.events: deque[str] = deque(maxlen=_MOST_EVENTS)
        self.fate: Callable[[Process, str], Fate] = lambda process, call: Fate.DONE
        self.post: Callable[..., int] = lambda *request: 204
        """Answers webhooks."""
        self._hub = getcurrent()

    @property
    def server_now(self) -> float:
        """What Redis takes for the time, in seconds since 1970."""
        return self.now + self.server_offset

    def say(self, text: str) -> None:
        """Note what happens, for the story of a failure."""
        self.events.append(f"{self.now - BEGINNING:9.3f} {self.steps:6d} {text}")

    def start(self, process: Process, *works: Callable[[], None]) -> Process:
        """Let a process run."""
        self.processes.append(process)
        for work in works:
            self.actors.append(Actor(process, work, self._hub))
        return process

    def current(self) -> Process:
        """Whose code runs now.

        Raises:
            GreenletExit: it is dead, and only its ``finally`` blocks are left.
        """
        actor = getcurrent()
        assert isinstance(actor, Actor), "only actors call Redis"
        if not actor.process.alive:
            raise GreenletExit
        return actor.process

    def call(self, name: str) -> Fate:
        """An actor is about to call Redis: others may come first. Returns what becomes of the call."""
        self.sleep(0)
        process = self.current()
        self.steps += 1
        fate = self.fate(process, name)
        if fate is not Fate.DONE:
            self.say(f"{process.name}: {name}: {fate.value}")
        return fate

    def sleep(self, seconds: float) -> None:
        """An actor waits, and others go on."""
        self.current()
        actor = getcurrent()
        actor.wake_at = self.now + seconds
        self._hub.switch()
        self.current()

    def crash(self, process: Process) -> None:
        """End a process where it stands, and its children. Its actors are ended by `turn`, or, if one calls, now."""
        process.alive = False
        self.say(f"{process.name} is killed")
        for other in self.processes:
            if other.parent is process and other.alive:
                self.crash(other)
        if getattr(getcurrent(), "process", None) is process:
            raise GreenletExit

    def turn(self) -> bool:
        """Let one actor go on to its next call; time passes. False if there is none left."""
        self._bury()
        ready = [actor for actor in self.actors if max(actor.wake_at, actor.process.frozen_until) <= self.now]
        if not ready:
            if not self.actors:
                return False
            self.now = min(max(actor.wake_at, actor.process.frozen_until) for actor in self.actors)
            return True
        actor = self.random.choice(ready)
        self.now += self.random.expovariate(500)
        actor.switch()
        return True

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.alive = False
        self._bury()

    def _bury(self) -> None:
        for actor in self.actors:
            if not actor.process.alive and not actor.dead:
                actor.throw(GreenletExit)
        self.actors = [actor for actor in self.actors if not actor.dead]
        self.processes = [process for process in self.processes if process.alive]
