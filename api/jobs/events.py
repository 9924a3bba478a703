"""A job's life as server-sent events: one event a state, with the whole job as its data.

The id of an event is the number of the state in a job's life. So a client that comes back with ``Last-Event-ID`` gets
only what it has missed, from any gateway, without anything having been kept for it.
"""

import time
from collections.abc import Iterator
from typing import Final

from api.jobs.waiting import WaitingRoom
from contracts.errors import MienError
from contracts.jobs import Job, JobState
from contracts.responses import JobResponse

_IDS: Final = {JobState.QUEUED: 1, JobState.RUNNING: 2}
_LAST: Final = 3
IDS: Final = tuple(str(number) for number in (*_IDS.values(), _LAST))
"""Ids of events."""
NAMES: Final = tuple(state.value for state in JobState)
"""Names of events."""
_LOOK_S: Final = 1.0
_KEEPALIVE_S: Final = 15.0


def event_id(state: JobState) -> int:
    """The id of the event that tells this state."""
    return _IDS.get(state, _LAST)


def last_seen(last_event_id: str | None) -> int:
    """The id of the last event a client has seen; 0 if it has seen nothing, or nothing of ours."""
    return int(last_event_id) if last_event_id in IDS else 0


def stream(waiting: WaitingRoom, job: Job, seen: int, *, faces_only: bool) -> Iterator[str]:
    """Events after `seen`, until the job is final or the gateway stops; with `faces_only` they tell no emotion."""
    yield "retry: 2000\n\n"
    told_at = time.monotonic()
    while True:
        if event_id(job.state) > seen:
            seen = event_id(job.state)
            told_at = time.monotonic()
            data = JobResponse.of(job, faces_only=faces_only).model_dump_json()
            yield f"id: {seen}\nevent: {job.state.value}\ndata: {data}\n\n"
        if job.state.final or waiting.closed:
            return
        if time.monotonic() >= told_at + _KEEPALIVE_S:
            told_at = time.monotonic()
            yield ": still there\n\n"
        try:
            job = waiting.wait(job.id, _LOOK_S)
        except MienError:  # Redis is away, or the job has outlived its time: the client asks again, and is told
            return
