"""Reading what another version of Mien may have stored.

A member that is not known is passed over: whoever added it did so that it may be. What cannot be read all the same is
an error of its own, never an unexpected one. How that is meant for writers: docs/adr/0014-records-of-other-versions.md.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import RecordUnreadable

Record = TypeVar("Record", bound=BaseModel)


def read_record(
    kind: type[Record], stored: bytes | str | Mapping[str, Any], name: str, *, in_full: bool = False
) -> Record:
    """The record, with those of its members that are known here.

    Args:
        kind: its schema.
        stored: JSON, or its members.
        name: what it is, for the sentence of the error.
        in_full: whether it allows something, and a member that is not known might restrict that: then none is passed
            over.

    Raises:
        RecordUnreadable: it is of a newer version in a way that cannot be passed over, or damaged.
    """
    extra: Literal["ignore"] | None = None if in_full else "ignore"
    try:
        if isinstance(stored, Mapping):
            return kind.model_validate(stored, extra=extra)
        return kind.model_validate_json(stored, extra=extra)
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
        place = ".".join(map(str, first["loc"]))
        raise unreadable(name, f"{place}: {first['msg']}" if place else first["msg"]) from None


def unreadable(name: str, reason: str) -> RecordUnreadable:
    """The error for a record that cannot be read."""
    return RecordUnreadable(f"{name} is of another version of Mien, or damaged, and cannot be read: {reason}.")
