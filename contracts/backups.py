"""What a backup holds: lines of JSON, one entry a line, in a form that no version of a Redis server is bound to.

A backup that was made by one version of Mien is read by all later ones; a newer form has a higher number, and is
refused by those that do not know it (docs/adr/0020-backups.md).
"""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from contracts.results import Message

FORMAT: Final = 1
"""The form that this version writes, and the newest that it reads."""

Milliseconds = Annotated[int, Field(ge=0)]
"""A moment, since 1970, by the clock of the server that was backed up: it stays the same when it is restored."""


class _Line(Message):
    """Bytes are base64 in it, in the alphabet that is safe in addresses."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class Begin(_Line):
    """The first line."""

    kind: Literal["begin"] = "begin"
    format: int
    id: str
    """Unique, so that lines of the audit log are added once, however often a restore is begun anew."""
    made_at: float
    """Seconds since 1970, by the server's clock."""
    mien: str
    """Version of Mien that made it."""
    server: str
    """What Redis said that it is."""
    secrets: bool
    """Whether API keys and the secrets of webhooks are in it."""
    history: bool
    """Whether histories and events of cameras are in it."""


class KeyPart(_Line):
    """Some of what stands under a key that belongs to no job."""

    kind: Literal["key"] = "key"
    key: str
    type: Literal["string", "hash", "list", "zset", "stream"]
    expires_at_ms: Milliseconds | None = None
    frames: bool = False
    """Whether it stands in the frame Redis."""
    values: list[list[bytes]]
    """Of a string its value; of a hash field and value; of a list its members in order; of a zset score and member; of
    a stream an id, and fields and values in turn."""


class JobImages(_Line):
    """Some of a job's images, which stand before the job."""

    kind: Literal["images"] = "images"
    job: str
    annotated: bool
    images: list[tuple[str, bytes]]
    """Index and file."""


class IdempotencyKey(_Line):
    """What stands for a job beside its id."""

    key: str
    value: bytes
    expires_at_ms: Milliseconds


class JobEntry(_Line):
    """A job as it was at a moment, with all that hangs on it but its images."""

    kind: Literal["job"] = "job"
    job: str
    record: list[tuple[str, bytes]]
    expires_at_ms: Milliseconds | None
    """When a finished job is forgotten."""
    annotated_until_ms: Milliseconds | None = None
    once: IdempotencyKey | None = None
    webhook_due_at: float | None = None
    webhook_attempts: int = 0
    webhook_dead: bytes | None = None
    """The dead letter, as JSON."""


class End(_Line):
    """The last line."""

    kind: Literal["end"] = "end"
    counts: dict[str, int]
    """Kind → lines of it."""
    sha256: str
    """Of all lines before this one."""


Entry = KeyPart | JobImages | JobEntry
ENTRY: Final[TypeAdapter[Entry]] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])
