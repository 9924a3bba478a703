"""Looks at what each step has changed, and at what clients and workers were told: what may never be is a violation."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.jobs import ItemResult, Job, JobState
from contracts.settings import Settings
from simulation.ending import Ending
from simulation.images import reference
from simulation.server import Change
from simulation.world import Process, World


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass
class _Record:
    name: str
    last: dict[str, Any]
    losses: list[str] = field(default_factory=list)
    """Why a worker that had begun it did not end it, each time."""
    claimed_at: float = 0.0
    due: float = 0.0


class Checker:
    """The whole history of a run."""

    def __init__(self, world: World, settings: Settings) -> None:
        """Begin with nothing seen."""
        self._world, self._settings = world, settings
        self.records: dict[str, _Record] = {}
        self.ids: defaultdict[str, set[str]] = defaultdict(set)
        """Of all jobs that were stored for a request, by its name."""
        self.heard_ids: defaultdict[str, set[str]] = defaultdict(set)
        """The same, of those that clients were told."""
        self.jumped_at = self.restored_at = float("-inf")
        self.unheard: dict[str, float] = {}
        """When a call of a process was without an answer last, by its name."""
        self._processes: dict[str, Process] = {}
        self._images: dict[str, list[bytes]] = {}
        self._keyed: set[str] = set()
        self._unknown: set[str] = set()
        self._refused: set[str] = set()
        self._asking: Counter[str] = Counter()
        """Requests without an answer so far; a client that is killed never hears one."""
        self._read: dict[str, Job] = {}
        self.finished = 0
        self.ending = Ending(self._complain)

    def _complain(self, text: str) -> None:
        raise Violation(text)

    def step(self, complaints: Sequence[str], changes: Sequence[Change]) -> None:
        """Take in what a step did."""
        for change in changes:
            self._world.say(f"  {change.job_id}: {_short(change.before)} → {_short(change.after)}")
        for change in changes:
            self._change(*change)
        if complaints:
            raise Violation("; ".join(complaints))

    def restored(self, observe: Callable[[], None]) -> None:
        """The server has gone back to an older state: what it does not know any more is lost, and nothing else."""
        self.records, self._read = {}, {}
        self.ids.clear()
        self.restored_at = self._world.server_now
        self.ending.restored()
        observe()
        for name, ids in self.heard_ids.items():
            ids.intersection_update(self.ids[name])
            self._unknown.add(name)

    def started(self, process: Process) -> None:
        """A process that claims jobs under its name."""
        self._processes[process.name] = process

    def asked(self, name: str, images: list[bytes], *, keyed: bool) -> None:
        """A client sends a request."""
        self._images[name] = images
        self._asking[name] += 1
        if keyed:
            self._keyed.add(name)

    def accepted(self, name: str, job_id: str) -> None:
        """A client is answered 202."""
        self._asking[name] -= 1
        if job_id in self.ending.erased:
            return
        self.heard_ids[name].add(job_id)
        if job_id not in self.records:
            raise Violation(f"{name} is accepted as {job_id}, and not stored")
        if self.heard_ids[name] != {job_id}:
            raise Violation(f"{name} stands for several jobs: {sorted(self.heard_ids[name])}")

    def refused(self, name: str) -> None:
        """A client is told that nothing was stored."""
        self._asking[name] -= 1
        self._refused.add(name)
        if name not in self._keyed and self.ids[name]:
            raise Violation(f"{name} is refused, and yet stored as {sorted(self.ids[name])}")

    def unknown(self, name: str) -> None:
        """A client is told that its request may have been stored."""
        self._asking[name] -= 1
        self._unknown.add(name)

    def canceled(self, job_id: str, *, canceled: bool) -> None:
        """A client has canceled a job, or was too late."""
        record = self.records.get(job_id)
        if canceled and job_id not in self.ending.erased and (record is None or record.last["state"] != "canceled"):
            raise Violation(f"{job_id} is canceled for its client, and is {_short(record and record.last)}")

    def erased(self, job_id: str) -> None:
        """A client is told that all that was kept of its job is erased."""
        if job_id in self.records and self.restored_at < 0:
            raise Violation(f"{job_id} is erased for its client, and is {_short(self.records[job_id].last)}")

    def gone(self, text: str) -> None:
        """A client is told that its job is gone."""
        if self.restored_at < 0 and not any(job_id in text for job_id in self.ending.erased):
            raise Violation(f"an accepted job is gone: {text}")

    def read(self, job: Job) -> None:
        """A client has read a job."""
        before = self._read.get(job.id)
        if before is not None and before.state.final and before != job:
            raise Violation(f"{job.id} was read as {before}, and then as {job}")
        self._read[job.id] = job

    def heard(self, job_id: str, owner: str, *, stored: bool) -> None:
        """A worker is told whether its result was written."""
        record = self.records.get(job_id)
        last = record.last if record else None
        ours = last is not None and last["owner"] == owner and JobState(last["state"]).final
        if stored is not ours and self.restored_at < 0 and job_id not in self.ending.erased:
            raise Violation(f"{owner} is told that {job_id} was{'' if stored else ' not'} its own: {_short(last)}")

    def open_jobs(self) -> list[str]:
        """Jobs that are not final."""
        return [job_id for job_id, record in self.records.items() if not JobState(record.last["state"]).final]

    def end(self, left: Sequence[str]) -> None:
        """After all has come to rest; `left` are keys and amounts that should be gone."""
        if self.open_jobs():
            raise Violation(f"jobs that never end: {self.open_jobs()}")
        if left:
            raise Violation(f"left behind: {list(left)}")
        for name in self._refused - self._unknown - set(self.heard_ids) - set(+self._asking):
            if self.ids[name]:
                raise Violation(f"{name} was only ever refused, and stored as {sorted(self.ids[name])}")
        missing = (
            {job_id for ids in self.heard_ids.values() for job_id in ids} - self.records.keys() - self.ending.erased
        )
        if missing:
            raise Violation(f"accepted jobs that are lost: {sorted(missing)}")

    def _change(self, job_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        if after is None:
            self._gone(job_id, before)
            return
        place = after.pop("webhook")
        was_in = before.pop("webhook") if before else ""
        if place is not False and (place != was_in or before is None or before["state"] != after["state"]):
            self.ending.moved(job_id, was_in or "", place, final=JobState(after["state"]).final)
        if before == after:
            return
        record = self.records.get(job_id)
        if record is None:
            self._created(job_id, after)
            return
        if before is not None and JobState(before["state"]).final:
            raise Violation(f"{job_id} was final, and changed: {before} → {after}")
        was, now = record.last, after
        record.last = after
        if was["state"] == "running" and (now["state"] == "queued" or now["owner"] != was["owner"]):
            record.losses.append(self._why_lost(job_id, record, was))
        if now["state"] == "running" and was["owner"] != now["owner"]:
            record.claimed_at = self._world.server_now
            if now["attempts"] != was["attempts"] + 1:
                raise Violation(f"{job_id} is claimed, and its attempts are {now['attempts']} after {was['attempts']}")
        if JobState(now["state"]).final:
            self._final(job_id, record, was, now)

    def _gone(self, job_id: str, before: dict[str, Any] | None) -> None:
        final = before is not None and JobState(before["state"]).final
        if not self.ending.gone(job_id, final=final):
            raise Violation(f"{job_id} is gone: {_short(before)}")
        name = self.records.pop(job_id).name
        self.ids[name].discard(job_id)
        self.heard_ids[name].discard(job_id)
        self._read.pop(job_id, None)

    def _created(self, job_id: str, after: dict[str, Any]) -> None:
        name = json.loads(after["options"])["metadata"]["name"]
        if job_id in self.ending.erased:
            raise Violation(f"{job_id} was erased, and is stored again")
        record = self.records[job_id] = _Record(name, after)
        record.losses = ["before"] * (after["attempts"] - (after["state"] == "running"))  # the last goes on
        record.claimed_at = self._world.server_now
        self.ids[name].add(job_id)
        if len(self.ids[name]) > 1:
            raise Violation(f"{name} is stored as several jobs: {sorted(self.ids[name])}")

    def _why_lost(self, job_id: str, record: _Record, was: dict[str, Any]) -> str:
        """Why a job was taken from the process that had begun it; for no reason is a violation."""
        name, now = was["owner"].split("/")[0], self._world.server_now
        process = self._processes[name]
        if process.killer and process.killer not in self._images[record.name]:
            if "beside" in record.losses:
                raise Violation(f"{job_id} was beside an image that ends processes for the second time")
            return "beside"
        if not process.alive:
            return "died"
        if now - process.renewed_at >= self._settings.lease_s:
            return "silent"
        for fault, at in (
            ("jump", self.jumped_at),
            ("restored", self.restored_at),
            ("unheard", self.unheard.get(name, 0)),
        ):
            if at >= record.claimed_at:
                return fault
        raise Violation(f"{job_id} is taken from {name}, which lives and prolongs its lease")

    def _final(self, job_id: str, record: _Record, was: dict[str, Any], now: dict[str, Any]) -> None:
        self.finished += 1
        state, code = now["state"], json.loads(now["error"])["code"] if now["error"] else ""
        if code == "attempts_exhausted":
            if len(record.losses) < self._settings.max_attempts:
                raise Violation(f"{job_id} is given up after {record.losses}")
        elif state in ("succeeded", "failed"):
            if was["state"] != "running" or was["owner"] != now["owner"]:
                raise Violation(f"{job_id} is finished by {now['owner']} when it was {was['owner']}'s")
            if "longer than" in now["error"]:
                return  # it was stuck
            expected = reference(self._images[record.name])
            items = [ItemResult.model_validate(item) for item in json.loads(now["items"])]
            if items != expected or (state == "failed") is not all(item.error for item in expected):
                raise Violation(f"{job_id} is {state} with {items} and not {expected}")
        elif was["state"] == "running" and state == "canceled":
            raise Violation(f"{job_id} was begun, and is canceled")


def _short(record: dict[str, Any] | None) -> str:
    if record is None:
        return "nothing"
    return f"{record['state']} {record['owner']} attempts={record['attempts']} due={record['due']}"
