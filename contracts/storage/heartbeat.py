"""Which workers are alive, and which of them take no work although some waits.

Each says every few seconds that it is alive and for how long it has been idle, and is forgotten when it stops.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from pydantic import Field
from redis import Redis
from redis.exceptions import ResponseError

from contracts.errors import RecordUnreadable
from contracts.gpus import Gpu
from contracts.queues import JOB_QUEUES, analyses
from contracts.results import Message
from contracts.storage import keys
from contracts.storage.connections import ServerMoved, translate_errors
from contracts.storage.job_queue import LOOKED_AT
from contracts.storage.lanes import LaneStore
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script

logger = logging.getLogger(__name__)

REPORT_EVERY_S: Final = 3.0
FORGOTTEN_AFTER_S: Final = 10.0
"""Seconds of silence after which a worker counts as dead."""
UNTAKEN_AFTER_S: Final = 10.0
"""So long a job may wait beside an idle worker: a message that was lost is sent again after three seconds."""


class WorkerReport(Message):
    """What a live worker says of itself."""

    name: str
    pid: int
    host: str
    threads: int
    detector: str
    model: str
    runtime: str
    started_at: float
    reported_at: float
    """By the server's clock; the store writes it."""
    queues: str = ""
    """That it takes work from, separated by commas; empty in the reports of older versions."""
    idle_s: float = 0.0
    """For how many seconds a thread of it has been free without being given anything."""
    job_version: int = 1
    """The newest version of a job that it takes; older versions, which do not say it, take the first."""
    version: str = ""
    """Of Mien; empty in the reports of older versions."""
    cpu_s: float = 0.0
    """CPU seconds of its process, and of its children that have ended."""
    resident_bytes: int = 0
    clock_offset_s: float = 0.0
    """How far its host's clock is ahead of the server's; the store writes it."""
    plan_epoch: int | None = None
    """Of the oldest plan of networks by which it still works; none: it follows none, as older versions."""
    serves: dict[str, int] = Field(default_factory=dict)
    """The networks that it answers with, and their weights; of older versions it is `model` alone."""
    offers: list[str] = Field(default_factory=list)
    """The networks that it could answer with."""
    network_error: str = ""
    """Why it does not serve a plan that was set; it goes on with the one before."""
    failed_epoch: int = 0
    """Of that plan."""
    batch_images: int = 0
    """Images that it analyses at once, which its threads share; 0: each thread takes one after the other."""
    passes_over: list[str] = Field(default_factory=list)
    """Queues of its own that it takes nothing from just now, as enough of its threads work on them."""
    device: str = ""
    """The GPU that it computes on, as ``GPU 0: NVIDIA H200``; empty: the CPU."""
    backend: str = ""
    """What Keras computes with; empty with another runtime."""
    gpu: Gpu | None = None
    """How its GPU was some seconds ago, if anything is known of that."""

    @property
    def analyses(self) -> bool:
        """Whether it takes anything but webhooks, for which it has no networks."""
        return analyses(self.queues)

    @property
    def before_versions(self) -> bool:
        """Whether it is of release 0.3 or before, which do not say their version.

        Such a worker knows nothing of pauses, and sends the events of cameras itself while it observes these.
        """
        return not self.version


class Untaken(NamedTuple):
    """Work that waits beside an idle worker."""

    queue: str
    worker: str


class HeartbeatStore:
    """Reports of live workers."""

    def __init__(self, redis: Redis, clock: Callable[[], float] | None = None) -> None:
        """Use the broker Redis; `clock` gives seconds since 1970, in place of the server's clock."""
        self._redis, self._clock = redis, clock
        self._report, self._waiting = load_script(redis, "report"), load_script(redis, "waiting")
        self._lanes = LaneStore(redis, clock)
        self._passed_over = set[bytes]()

    def report(self, worker: WorkerReport) -> None:
        """Say that this worker is alive and ready; to be repeated every `REPORT_EVERY_S`.

        When that was goes by the server's clock, which those who look share.
        """
        with translate_errors():
            now = self._time(self._redis.time())
            offset_s = worker.reported_at - now
            reported = worker.model_copy(update={"reported_at": now, "clock_offset_s": offset_s})
            self._report(keys=[keys.WORKERS], args=[worker.name, reported.model_dump_json()])

    def remove(self, name: str) -> None:
        """Say that a worker ends, so that it is not counted until it is forgotten."""
        with translate_errors():
            self._redis.hdel(keys.WORKERS, name)

    def live_workers(self) -> list[WorkerReport]:
        """Reports of all live workers, by name; those of workers that fell silent are removed.

        One that cannot be read, of another version of Mien, is passed over, and told once in the log.
        """
        with translate_errors():
            with self._redis.pipeline(transaction=False) as pipe:
                time_and_reports = pipe.time().hgetall(keys.WORKERS).execute()
            now, found = self._time(time_and_reports[0]), self._readable(time_and_reports[1])
            silent = [worker.name for worker in found if now - worker.reported_at > FORGOTTEN_AFTER_S]
            if silent:
                with suppress(ResponseError, ServerMoved):  # one that takes no writes is read all the same
                    self._redis.hdel(keys.WORKERS, *silent)
        return sorted((worker for worker in found if worker.name not in silent), key=lambda worker: worker.name)

    def now(self) -> float:
        """Seconds since 1970, by the server's clock."""
        with translate_errors():
            return self._time(self._redis.time())

    def oldest_s(self) -> dict[str, float]:
        """For how many seconds the oldest job of each queue waits; queues without one are left out."""
        with translate_errors():
            told = self._waiting(keys=[keys.queued(queue) for queue in JOB_QUEUES], args=[keys.job(""), 1])
        now = self.now()
        return {queue: max(0.0, now - float(jobs[0])) for queue, jobs in zip(JOB_QUEUES, told, strict=True) if jobs}

    def untaken(self, workers: Sequence[WorkerReport]) -> list[Untaken]:
        """Which of these workers take nothing from a queue where a job waits.

        That is so if, when the worker reported, both had lasted for `UNTAKEN_AFTER_S`. Jobs for processes of their own
        are not looked at: they may wait for such a process. Nor are jobs of a newer version than the worker takes,
        nor what is behind the first `LOOKED_AT` jobs, where no worker looks. A queue that is paused gives nothing, and
        what waited until it was resumed has waited since then.
        Nor does a worker count for a queue that it passes over.

        Raises:
            BrokerUnavailable: Redis does not answer.
        """
        with translate_errors():
            told = self._waiting(keys=[keys.queued(queue) for queue in JOB_QUEUES], args=[keys.job(""), LOOKED_AT])
        lanes = self._lanes.read()
        waiting = {
            queue: [(float(accepted), version) for accepted, version in zip(jobs[::2], jobs[1::2], strict=True)]
            for queue, jobs in zip(JOB_QUEUES, told, strict=True)
            if queue not in lanes.paused
        }

        def waited_s(queue: str, worker: WorkerReport) -> float:
            since = (accepted for accepted, version in waiting.get(queue, ()) if version <= worker.job_version)
            return worker.reported_at - max(next(since, worker.reported_at), lanes.resumed.get(queue, 0.0))

        return [
            Untaken(queue, worker.name)
            for worker in workers
            for queue in worker.queues.split(",")
            if queue not in worker.passes_over and min(worker.idle_s, waited_s(queue, worker)) >= UNTAKEN_AFTER_S
        ]

    def _time(self, servers: tuple[int, int]) -> float:
        return self._clock() if self._clock else servers[0] + servers[1] / 1e6

    def _readable(self, reports: Mapping[bytes, bytes]) -> list[WorkerReport]:
        found = list[WorkerReport]()
        for name, text in reports.items():
            try:
                found.append(read_record(WorkerReport, text, f"The report of worker {name.decode(errors='replace')}"))
            except RecordUnreadable as error:
                if name not in self._passed_over:
                    logger.warning("a worker is not counted: %s", error)
        self._passed_over = reports.keys() - {worker.name.encode() for worker in found}
        return found
