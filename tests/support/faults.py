"""A whole system of real processes on a broker of its own, with clients that write down every answer."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from redis import Redis

from contracts.jobs import Job
from support.broker import Broker
from support.ledger import Account, Ledger
from support.processes import Process

IMPATIENT: Final = {"lease_s": 2.0, "requeue_after_s": 2.0}
"""Settings of all processes, so that what dies is missed soon."""

Finished = Callable[[], Counter[str]]
"""How often a result was stored for each job, so far."""
Measured = Callable[[Mapping[str, float], float], None]
"""Notes what was counted, and after how many seconds the system had recovered."""


class System(NamedTuple):
    """What was started, and the clients of it."""

    redis: Redis
    """Of the broker itself, past any proxy."""
    ledger: Ledger
    account: Account
    workers: list[Process]
    gateway: Process
    url: str
    reference: Callable[[int], Any]
    """The outcome of a photo, as this system gave it before any fault."""
    logs: Path

    def job(self, job_id: str) -> Job:
        """A job that is there."""
        job = self.account.job(job_id)
        assert job is not None, f"job {job_id} is gone"
        return job

    def check(self, **options: Any) -> Counter[str]:
        """Count every job, and make sure that no process has ended; see `Account.check`."""
        assert [process.poll() for process in [self.gateway, *self.workers]] == [None] * (1 + len(self.workers))
        tracebacks = [log.name for log in self.logs.glob("*.log") if "Traceback" in log.read_text(errors="replace")]
        assert tracebacks == []
        return self.account.check(self.reference, **options)


class StartSystem(Protocol):
    """Starts a system."""

    def __call__(
        self,
        broker: Broker,
        url: str = "",
        workers: int = 1,
        clocks_off_s: Mapping[str, float] = ...,
        **settings: object,
    ) -> System:
        """Start a gateway and workers, and have each photo analysed once.

        Args:
            broker: that they work with.
            url: where they reach it, if that is a proxy.
            workers: how many.
            clocks_off_s: by how many seconds the clocks of `api` and `workers` are ahead, or behind.
            settings: without their prefix.
        """
        ...
