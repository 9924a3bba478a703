"""One run of the simulation: from a seed to a verdict."""

import logging
import traceback
from collections.abc import Callable
from typing import Final, NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from contracts.errors import MienError
from contracts.queues import JOB_QUEUES
from contracts.settings import Settings
from contracts.storage.keys import WEBHOOKS_DEAD
from contracts.storage.load import read_load
from simulation.checker import Checker, Violation
from simulation.clients import Client, Requests
from simulation.crew import Crew
from simulation.faults import Faults
from simulation.hooks import Operator, Receiver
from simulation.patches import Broken, simulated
from simulation.server import Server
from simulation.world import World

REST_S: Final = 1_500.0
"""Simulated seconds after the last fault within which every job has to be final: one after the other, jobs that kill
take three leases each."""
_LATER_S: Final = 700.0
"""After which no part of a job that was never stored may be left."""
_TOLD: Final = 120
_KEPT: Final = (
    "mien:files:",
    "mien:counters",
    "mien:once:",
    "mien:webhooks:secret",
    "mien:webhooks:dead",
    "mien:annotated:",
    "mien:erased",
    "mien:lanes",
)


class Outcome(NamedTuple):
    """What a run was."""

    seed: int
    steps: int
    jobs: int
    rest_s: float
    """Simulated seconds from the last fault to the last job's end."""
    story: str
    """What happened last, and what was wrong; empty, if nothing was."""
    violation: bool
    """Whether an invariant did not hold. Something else may be wrong: with the simulation, or in the code it runs."""


class _Tracebacks(logging.Handler):
    """Errors that were logged with a traceback, and are no fault's."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] and not isinstance(record.exc_info[1], MienError | RedisError):
            self.found.append(record.exc_info[1])


class Simulation:
    """Clients, workers, faults and the checker in one world."""

    def __init__(self, redis: Redis, seed: int, restart: Callable[[], None] | None, *, pausing: bool) -> None:
        """Draw the size of all; `pausing`: whether the operator pauses queues."""
        self.world, self._pausing = World(seed), pausing
        self._server = Server(redis, self.world, restart)
        settings = Settings()
        chance = self.world.random
        self.checker = Checker(self.world, settings)
        self._server.on_step = self.checker.step
        hooks = chance.choice([0, 0, 0.3])
        self._crew = Crew(self._server, settings, self.checker, threads=chance.choice([1, 2]), hooks=bool(hooks))
        self._requests = Requests(
            self.world,
            left=chance.choice([10, 30, 60]),
            poison=chance.choice([0, 0, 0.03, 0.1]),
            corrupt=chance.choice([0, 0.1]),
            deadlines=chance.choice([0, 0.2]),
            hooks=hooks,
            annotated=chance.choice([0, 0, 0.3]),
            erased=chance.choice([0, 0, 2]),
        )
        self._settings = settings
        self._clients, self._workers = chance.choice([1, 3, 6]), chance.choice([1, 2, 3])
        self._receiver = Receiver(self.world, self.checker)
        self.world.post = self._receiver.post
        self._faults = Faults(self._server, self.checker)
        self.rest_s = 0.0

    def run(self) -> None:
        """Let it run until all has come to rest.

        Raises:
            Violation: an invariant does not hold.
        """
        while self._requests.left > 0 or any(p.name.startswith("client") for p in self._busy()):
            self._turn()
        self._faults.stop()
        self._receiver.well = True
        begun = self.world.now
        while self.checker.open_jobs() or self.checker.ending.due or self._server.late:
            self._turn()
            if self.world.now > begun + REST_S:
                break
        self.rest_s = self.world.now - begun
        while self.world.now < begun + self.rest_s + 10:
            self._turn()
        self.checker.end(self._left())

    def close(self) -> None:
        """End all processes."""
        self.world.close()
        self._server.redis.config_set("maxmemory", 0)

    def _busy(self) -> list[object]:
        return [actor.process for actor in self.world.actors if not actor.dead]

    def _turn(self) -> None:
        alive = [process.name for process in self.world.processes if process.alive]
        clients = {actor.process.name for actor in self.world.actors if actor.process.name.startswith("client")}
        if self._requests.left > 0 and len(clients) < self._clients:
            Client(
                self._server, self._settings, self._requests, self.checker, f"client-{self.world.random.random():.6f}"
            )
        if sum(name.startswith("worker") for name in alive) < self._workers:
            self._crew.worker()
        if self._requests.hooks and "operator" not in alive:
            Operator(self._server, self._settings, self.checker, pausing=self._pausing)
        self.world.turn()
        self._faults.between_steps()

    def _left(self) -> list[str]:
        """What should be gone, and is not."""
        redis = self._server.redis
        left = [f"{queue}: {redis.llen(queue)} messages" for queue in JOB_QUEUES if redis.llen(queue)]
        loads = [read_load(redis, queue, "client") for queue in JOB_QUEUES]
        left += [str(load) for load in loads if any(load._replace(annotated_bytes=0, client_annotated_bytes=0))]
        self.world.now += _LATER_S
        self._server.execute([], 0)
        known, erased = self.checker.records, self.checker.ending.erased
        for key in sorted(name.decode() for name in redis.keys("mien:*")):
            parts = key.split(":")
            job_id = parts[2] if parts[1] == "job" else ""
            kept = job_id in known or (parts[-1] == "once" and job_id not in erased)
            if (parts[-1] == "images" or not kept) if job_id else not key.startswith(_KEPT):
                left.append(key)
        left += [f"a dead webhook of {name}" for name in redis.hkeys(WEBHOOKS_DEAD) if name.decode() not in known]
        return left


def simulate(
    redis: Redis, seed: int, broken: Broken | None = None, restart: Callable[[], None] | None = None
) -> Outcome:
    """Run once.

    Args:
        redis: a client of a server that nobody else uses; it is emptied.
        seed: the same one means the same run.
        broken: what is taken out of a script, to see that it is missed.
        restart: kills the server's process, and starts another one from its file; none: a restart is only played.
    """
    tracebacks = _Tracebacks()
    root = logging.getLogger()
    root.addHandler(tracebacks)
    # The seeds that find what is taken out are those of runs without pauses.
    simulation = Simulation(redis, seed, restart, pausing=broken is None)
    story, violation = "", False
    try:
        with simulated(simulation.world, broken):
            try:
                simulation.run()
                if tracebacks.found:
                    raise Violation(f"a traceback was logged: {tracebacks.found[0]!r}")
            except Exception as error:
                violation = isinstance(error, Violation)
                told = [*simulation.world.events][-_TOLD:]
                if not violation:
                    told += traceback.format_exception(error)
                story = "\n".join([*told, f"seed {seed}, step {simulation.world.steps}: {error}"])
            finally:
                simulation.close()
    finally:
        root.removeHandler(tracebacks)
    return Outcome(seed, simulation.world.steps, simulation.checker.finished, simulation.rest_s, story, violation)
