"""Clients, each with the gateway's thread that serves it: they submit, with a key or without one, look, and cancel."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from api.jobs.idempotency import IdempotencyStore
from api.jobs.submission import Submission
from api.requests.images import ImageList
from api.requests.jobs import JobRequest
from api.requests.options import Options
from contracts.errors import AcceptanceUnknown, BrokerUnavailable, JobGone, MienError
from contracts.queues import JOB_QUEUES
from contracts.settings import Settings
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from simulation.checker import Checker
from simulation.hooks import ADDRESS
from simulation.images import CORRUPT, POISON
from simulation.server import Server
from simulation.world import Process, World

_MOST_IMAGES: Final = 4
_KEYS: Final = 4
"""Keys that all clients of a run share, so that they meet."""


class _Open:
    """Admission that lets everything through: what it refuses does not come as far as a store."""

    @contextmanager
    def admit(self, *args: object, **options: object) -> Iterator[None]:
        yield

    @contextmanager
    def hold(self, *args: object) -> Iterator[None]:
        yield


@dataclass
class Requests:
    """What the clients of a run ask for."""

    world: World
    left: int
    poison: float
    corrupt: float
    deadlines: float
    hooks: float
    annotated: float
    erased: float
    made: int = 0
    known: list[str] = field(default_factory=list)

    def new(self, key: str | None) -> tuple[str, JobRequest]:
        """A request, and its name; with the same key always the same."""
        self.made += 1
        name = key or f"request-{self.made}"
        chance = self.world.random
        if key:
            images = [f"image of {key} {index}".encode() for index in range(1 + len(key) % 2)]
            return name, JobRequest(ImageList(images, pixels=100), Options(metadata={"name": name}))
        kinds = [(POISON, self.poison), (CORRUPT, self.corrupt)]
        count = 1 if chance.random() < 0.7 else chance.randint(2, _MOST_IMAGES)
        images = [f"image of {name} {index} ".encode() + b"." * chance.randint(0, 20) for index in range(count)]
        for kind, rate in kinds:
            if chance.random() < rate:
                place = chance.randrange(count)
                images[place] = kind + images[place]
        deadline = chance.choice([0.5, 20.0, 60.0]) if chance.random() < self.deadlines else None
        options = Options(
            priority=chance.choice(JOB_QUEUES),
            metadata={"name": name},
            deadline=deadline,
            webhook=ADDRESS if chance.random() < self.hooks else None,
            annotate=chance.random() < self.annotated,
        )
        return name, JobRequest(ImageList(images, pixels=10 * count), options)


class Client:
    """Works through requests, one after the other, until none is left."""

    def __init__(self, server: Server, settings: Settings, requests: Requests, checker: Checker, name: str) -> None:
        """Connect, and start."""
        self._world, self._requests, self._checker = server.world, requests, checker
        redis = server.client()
        self._jobs = JobStore(redis, settings)
        self._eraser = JobEraser(redis)
        door: Any = _Open()
        self._submission = Submission(
            self._jobs,
            IdempotencyStore(redis, settings),
            door,
            door,
            measure=lambda images: images,  # type: ignore[arg-type,return-value]
            count=lambda images: None,
        )
        self.process = server.world.start(Process(name), self._run)

    def _run(self) -> None:
        chance = self._world.random
        while self._requests.left > 0:
            self._requests.left -= 1
            self._world.sleep(chance.choice([0, 0.05, 2.0]))
            acts = [self._submit, self._submit_once, self._look, self._cancel, self._erase]
            act = chance.choices(acts, [5, 3, 2, 2, self._requests.erased])[0]
            try:
                act()
            except BrokerUnavailable:
                self._world.say(f"{self.process.name} is told that it is not known")
            except JobGone as error:
                self._checker.gone(str(error))

    def _submit(self) -> None:
        self._ask(None)

    def _submit_once(self) -> None:
        self._ask(f"key-{self._world.random.randrange(_KEYS)}")

    def _ask(self, key: str | None) -> None:
        name, request = self._requests.new(key)
        self._checker.asked(name, list(request.images), keyed=key is not None)
        self._world.say(f"{self.process.name} submits {name}")
        try:
            job = self._submission.submit(request, key, "client")
        except AcceptanceUnknown:
            self._checker.unknown(name)
            raise
        except MienError as error:
            if key and isinstance(error, BrokerUnavailable):  # the job that it stands for could not be read
                self._checker.unknown(name)
                raise
            self._world.say(f"{self.process.name} is refused: {error}")
            self._checker.refused(name)
            return
        self._requests.known.append(job.id)
        self._world.say(f"{self.process.name} has {name} accepted as {job.id}")
        self._checker.accepted(name, job.id)

    def _look(self) -> None:
        if job_id := self._any():
            self._checker.read(self._jobs.get(job_id))

    def _cancel(self) -> None:
        if job_id := self._any():
            canceled = self._jobs.cancel(job_id)
            self._world.say(f"{self.process.name} cancels {job_id}: {canceled}")
            self._checker.canceled(job_id, canceled=canceled)

    def _erase(self) -> None:
        if job_id := self._any():
            self._checker.ending.erasing.add(job_id)
            erased = self._eraser.erase(job_id)
            self._world.say(f"{self.process.name} erases {job_id}: {erased}")
            if erased:
                self._checker.erased(job_id)

    def _any(self) -> str | None:
        known: Sequence[str] = self._requests.known[-8:]
        return self._world.random.choice(known) if known else None
