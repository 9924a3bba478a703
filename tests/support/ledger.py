"""Clients that write down every answer, and the count afterwards: what was promised to each job, one by one."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import requests
from redis import Redis

from contracts.errors import JobGone
from contracts.jobs import Job, JobState
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.clocks import wait_for

REFUSALS: Final = frozenset({429, 503, 507})


class Sent(NamedTuple):
    """One request, and what came of it."""

    photo: int
    """Which of the photos it was."""
    key: str
    status: int
    job_id: str
    """Of an answer that names one."""
    code: str
    """Of a problem."""
    seconds: float
    at: float
    """When the answer came, in seconds since 1970."""


class Ledger:
    """Everything that clients were told."""

    def __init__(self, url: str, photos: Sequence[bytes]) -> None:
        """Prepare clients.

        Args:
            url: of a gateway.
            photos: JPEGs, taken in turns.
        """
        self.url, self._photos = url, photos
        self._turns, self._lock = itertools.count(), threading.Lock()
        self.sent: list[Sent] = []

    def next_turn(self) -> int:
        """Of a request that a client sends again if it gets no answer."""
        return next(self._turns)

    def submit(
        self,
        *,
        body: bytes | None = None,
        content_type: str = "image/jpeg",
        turn: int | None = None,
        prefer: str = "",
        **params: object,
    ) -> Sent:
        """Send the next photo, or this body, with a key of its own, and write down the answer.

        Args:
            body: in place of the photo.
            content_type: of the body.
            turn: which photo and key, to send them again; by default the next.
            prefer: a header, such as ``wait=30``.
            params: of the query.

        Raises:
            requests.RequestException: there was no answer; nothing is written down.
        """
        turn = self.next_turn() if turn is None else turn
        photo, key = turn % len(self._photos), f"key-{turn}"
        headers, began = {"Content-Type": content_type, "Idempotency-Key": key, "Prefer": prefer}, time.monotonic()
        data = self._photos[photo] if body is None else body
        answer = requests.post(f"{self.url}/v1/jobs", data=data, headers=headers, params=params, timeout=60)
        found: dict[str, Any] = answer.json()
        job_id, code = found.get("id") or found.get("job") or "", found.get("code", "")
        sent = Sent(photo, key, answer.status_code, job_id, code, time.monotonic() - began, time.time())
        with self._lock:
            self.sent.append(sent)
        return sent

    @contextmanager
    def load(self, clients: int) -> Iterator[None]:
        """Clients that submit one photo after the other while the block runs; refused, they wait for a moment."""
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                if self.submit().status in REFUSALS:
                    stop.wait(0.05)

        with ThreadPoolExecutor(clients) as pool:
            ends: list[Future[None]] = [pool.submit(work) for _ in range(clients)]
            try:
                yield
            finally:
                stop.set()
        for end in ends:
            end.result()

    @property
    def accepted(self) -> list[str]:
        """Ids of jobs that were answered with 202 or 200, each as often as it was."""
        return [sent.job_id for sent in list(self.sent) if sent.status in (200, 202)]

    @property
    def uncertain(self) -> list[str]:
        """Ids of jobs that may have been accepted, as the answer said."""
        return [sent.job_id for sent in list(self.sent) if sent.status == 503 and sent.job_id]

    @property
    def refused(self) -> Counter[int]:
        """How many were refused and left nothing, by status."""
        return Counter(sent.status for sent in list(self.sent) if sent.status not in (200, 202) and not sent.job_id)


class Account:
    """What stands in Redis, held against a ledger."""

    def __init__(self, redis: Redis, ledger: Ledger) -> None:
        """Look at the broker by this client."""
        self._redis, self._ledger = redis, ledger
        self._store = JobStore(redis, Settings())

    def settle(self, seconds: float, *, lost: Sequence[str] = ()) -> float:
        """Wait until each accepted job is final, and nothing is left of the work.

        Returns:
            How long that took, in seconds.
        """
        began, open_ids = time.monotonic(), set(self._ledger.accepted) - set(lost)

        def final() -> bool:
            open_ids.difference_update([job_id for job_id in open_ids if self._store.get(job_id).state.final])
            return not open_ids

        wait_for(final, f"{len(open_ids)} accepted jobs to end", seconds)
        wait_for(lambda: not self.left_over(), f"nothing to be left: {self.left_over()}", seconds)
        return time.monotonic() - began

    def left_over(self) -> list[str]:
        """What open jobs, or halfway stored ones, take up: keys of images, queues, claims, the load."""
        patterns = (
            "mien:job:*:images",
            "mien:queued:*",
            "mien:claimed:*",
            "mien:jobs:open",
            "mien:jobs:load",
            "unacked*",
        )
        return [key.decode() for pattern in patterns for key in self._redis.scan_iter(pattern, count=1_000)]

    def check(self, reference: Callable[[int], Any] | None = None, *, lost: Sequence[str] = ()) -> Counter[str]:
        """Count every job; all are final.

        Args:
            reference: which outcome a photo has; none: outcomes are not compared.
            lost: accepted jobs of which nothing may be left.

        Returns:
            How many of each kind: `accepted`, `succeeded`, `uncertain`, `refused`, `lost`.
        """
        told = self._ledger.sent
        by_key: dict[str, set[str]] = {}
        for sent in told:
            if sent.job_id:
                by_key.setdefault(sent.key, set()).add(sent.job_id)
        assert [ids for ids in by_key.values() if len(ids) > 1] == [], "a key stands for two jobs"
        accepted = self._ledger.accepted
        assert len(accepted) == len(set(accepted)), "an id was given twice"
        uncertain, refused = self._ledger.uncertain, self._ledger.refused.total()
        count = Counter(accepted=len(accepted), uncertain=len(uncertain), refused=refused)
        known = set(accepted) | set(uncertain)
        assert self._records() <= known, "a refused job was stored"
        away = sum(sent.code == "broker_unavailable" for sent in told)  # their keys could not be given back
        assert self._count("mien:once:*") <= len(known) + away, "a refused request keeps its key"
        for sent in told:
            if sent.job_id and (job := self.job(sent.job_id)) is not None:
                assert job.state is JobState.SUCCEEDED, job
                count["succeeded"] += sent.status in (200, 202)
                assert reference is None or outcome(job) == reference(sent.photo), f"job {job.id} has another's result"
            elif sent.status in (200, 202):
                assert sent.job_id in lost, f"job {sent.job_id} was accepted, and is gone"
                count["lost"] += 1
        assert count["succeeded"] + count["lost"] == count["accepted"]
        return +count

    def _records(self) -> set[str]:
        keys = (key.decode().split(":") for key in self._redis.scan_iter("mien:job:*", count=1_000))
        return {parts[2] for parts in keys if parts[-1] != "once"}  # a note, which expires

    def _count(self, pattern: str) -> int:
        return sum(1 for _ in self._redis.scan_iter(pattern, count=1_000))

    def gone(self) -> list[Sent]:
        """Accepted jobs of which nothing is left."""
        return [sent for sent in list(self._ledger.sent) if sent.status in (200, 202) and self.job(sent.job_id) is None]

    def job(self, job_id: str) -> Job | None:
        """The job as it is stored; none if it is gone."""
        try:
            return self._store.get(job_id)
        except JobGone:
            return None


def outcome(job: Job) -> list[dict[str, Any]]:
    """What was found, without what differs from run to run."""
    return [item.model_dump(mode="json", exclude={"analysis": {"stages_ms"}}) for item in job.items]
