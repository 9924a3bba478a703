"""What goes wrong in a run: which kinds of faults, and how often, follows from the seed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.exceptions import OutOfMemoryError

from contracts.queues import JOB_QUEUES
from contracts.storage.wakeups import wakeup
from simulation.checker import Checker
from simulation.server import Server
from simulation.world import Fate, Process

_CALLS = (Fate.REFUSED, Fate.LOST, Fate.SILENT, Fate.NEVER, Fate.LATE, Fate.CUT_LATE)
_CLAIMS = ("claim", "claim_next")


class Faults:
    """Injects faults between two steps, until it is told to stop."""

    def __init__(self, server: Server, checker: Checker) -> None:
        """Draw what this run suffers from: about half of all kinds, each at a rate of its own."""
        self._server, self._checker, self._world = server, checker, server.world
        chance = self._world.random
        self.calls = {fate: self._rate(0.002, 0.1) for fate in _CALLS}
        self.happenings: list[tuple[Callable[[], None], float]] = [
            (happening, self._rate(0.0005, 0.01))
            for happening in (self._crash, self._freeze, self._lose_message, self._double_message, self._outage)
        ]
        rare = (self._jump, self._restart, self._fill)
        self.happenings += [(happening, self._rate(0.0002, 0.003)) for happening in rare]
        self._goes_back = chance.random() < 0.15
        if self._goes_back:
            self.happenings += [(self._keep_copy, 0.002), (self._go_back, 0.001)]
        self._outage_until, self._full_until = 0.0, 0.0
        self._copy: Any = None
        self.active = True
        self._world.fate = self._fate
        self._server.on_late = lambda late: self._unheard(late.process, late.names)

    def between_steps(self) -> None:
        """Let things happen."""
        chance, now = self._world.random, self._world.now
        if self._server.late:
            self._server.execute_late(now)
        if self._full_until and now >= self._full_until:
            self._full_until = 0.0
            self._server.redis.config_set("maxmemory", 0)
        if not self.active:
            return
        for happening, rate in self.happenings:
            if rate and chance.random() < rate:
                happening()

    def stop(self) -> None:
        """No more faults; what is frozen thaws, what is full is emptied, what was on its way arrives."""
        self.active, self._outage_until, self._full_until = False, 0.0, self._full_until and 1.0
        for process in self._world.processes:
            process.frozen_until = 0.0

    def _rate(self, low: float, high: float) -> float:
        chance = self._world.random
        return chance.choice([0.0, float(low * (high / low) ** chance.random())])

    def _fate(self, process: Process, call: str) -> Fate:
        if not self.active:
            return Fate.DONE
        fate = Fate.DONE
        if self._world.now < self._outage_until:
            fate = Fate.REFUSED
        else:
            chance = self._world.random.random()
            for kind, rate in self.calls.items():
                if chance < rate:
                    fate = kind
                    break
                chance -= rate
        if fate is not Fate.DONE:
            self._unheard(process.name, call)
        return fate

    def _unheard(self, process: str, call: str) -> None:
        if any(name in call.split() for name in _CLAIMS):
            self._checker.unheard[process] = self._world.server_now

    def _any_process(self) -> Process | None:
        alive = [process for process in self._world.processes if process.alive]
        return self._world.random.choice(alive) if alive else None

    def _crash(self) -> None:
        if process := self._any_process():
            self._world.crash(process)

    def _freeze(self) -> None:
        if process := self._any_process():
            seconds = self._world.random.choice([0.5, 4.0, 12.0, 20.0, 40.0])
            self._world.say(f"{process.name} stands still for {seconds} s")
            process.frozen_until = self._world.now + seconds

    def _lose_message(self) -> None:
        queue = self._world.random.choice(JOB_QUEUES)
        if self._server.redis.rpop(queue):
            self._world.say(f"a message of {queue} is lost")

    def _double_message(self) -> None:
        queue = self._world.random.choice(JOB_QUEUES)
        self._world.say(f"{queue} has a message more")
        with suppress(OutOfMemoryError):
            self._server.redis.lpush(queue, wakeup(queue))

    def _outage(self) -> None:
        seconds = self._world.random.choice([0.3, 3.0, 8.0, 25.0])
        self._world.say(f"the server is away for {seconds} s")
        self._outage_until = self._world.now + seconds

    def _jump(self) -> None:
        seconds = self._world.random.choice([-40.0, -5.0, 5.0, 16.0, 60.0])
        self._world.say(f"the server's clock jumps by {seconds} s")
        self._world.server_offset += seconds
        self._checker.jumped_at = max(self._world.server_now, self._world.server_now - seconds)

    def _restart(self) -> None:
        self._server.restart()

    def _fill(self) -> None:
        seconds = self._world.random.choice([1.0, 10.0, 60.0])
        self._world.say(f"the server is full for {seconds} s")
        self._server.redis.config_set("maxmemory", 1)
        self._full_until = self._world.now + seconds

    def _keep_copy(self) -> None:
        self._copy = self._server.copy()

    def _go_back(self) -> None:
        if self._copy is not None:
            self._server.redis.config_set("maxmemory", 0)
            self._checker.restored(lambda: self._server.restore(self._copy))
