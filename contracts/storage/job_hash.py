"""The job record as the fields of a Redis hash: texts, and JSON for what has members of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.jobs import Job
from contracts.storage.records import read_record, unreadable


def to_hash(job: Job) -> dict[str, str]:
    """The fields of a job that was created just now; what is not known yet is left out."""
    stored = job.model_dump(mode="json", exclude={"items", "error", "options", "names"}, exclude_none=True)
    stored["options"] = job.options.model_dump_json()
    if job.options.webhook:
        stored["webhook"] = job.options.webhook  # finalize.lua looks whether this field is there
    for name in ("client", "request_id", "traceparent"):
        if not stored[name]:
            del stored[name]
    if any(job.names):
        stored["names"] = json.dumps(job.names)
    return {name: str(value) for name, value in stored.items()}


def from_hash(fields: Mapping[str, str]) -> Job:
    """The job of which these are the fields; those that are not known, or that only Lua reads, are passed over.

    Raises:
        RecordUnreadable: they are no job's, or of a version that cannot be read here.
    """
    name = f"The record of job {fields.get('id', '')}"
    values: dict[str, Any] = dict(fields)
    try:
        values["version"] = int(fields.get("version", 0))
        values["options"] = json.loads(fields.get("options") or "{}")
        values["items"] = json.loads(fields.get("items") or "[]")
        values["names"] = json.loads(fields.get("names") or "[]")
        values["error"] = json.loads(fields["error"]) if fields.get("error") else None
    except ValueError as error:
        raise unreadable(name, str(error)) from None
    return read_record(Job, values, name)


def from_stored(fields: Mapping[bytes, bytes]) -> Job:
    """As `from_hash`, of the fields as Redis answers them."""
    return from_hash({name.decode(): value.decode(errors="replace") for name, value in fields.items()})


def from_notice(text: str) -> tuple[str, Job]:
    """The id and the job that a gateway is told of when the job is final.

    Raises:
        RecordUnreadable: as `from_hash`.
    """
    job_id, _, record = text.partition(" ")
    return job_id, from_hash(json.loads(record))


def flat(fields: Mapping[str, str] | Mapping[str, bytes]) -> list[str | bytes]:
    """Names and values in turn, as a script takes them."""
    return [part for pair in fields.items() for part in pair]


def pairs(fields: Sequence[bytes]) -> dict[bytes, bytes]:
    """The hash that a script answers as names and values in turn."""
    return dict(zip(fields[::2], fields[1::2], strict=True))
