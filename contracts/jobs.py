"""The job record: one request to analyse images, its life and its result, as stored and as served.

An id is 14 random bytes and a 4-byte check of them, in base64url: 24 characters. So a job whose record has expired can
be told from one that never was, at no cost in Redis.
"""

import base64
import binascii
import hashlib
import secrets
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from pydantic import Field, JsonValue

from contracts.errors import MienError
from contracts.results import Analysis, Message

_RANDOM_BYTES: Final = 14
_CHECK_BYTES: Final = 4
JOB_VERSION: Final = 2
"""The newest that is understood here: 2 has the option `blur`, which a worker that passes over it would not keep to."""


class JobState(StrEnum):
    """``queued → running → succeeded | failed``; ``canceled`` and ``expired`` are reached without inference."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether the job can never change again."""
        return self not in _OPEN


_OPEN: Final = frozenset({JobState.QUEUED, JobState.RUNNING})


class Problem(Message):
    """An error as it is stored and served: a stable code and a sentence."""

    code: str
    detail: str
    field: str | None = None

    @classmethod
    def of(cls, error: MienError) -> "Problem":
        """The problem that this error means."""
        return cls(code=error.code, detail=error.detail, field=error.field)


class ItemResult(Message):
    """The outcome of one image of a job: either an analysis or a problem, never both."""

    index: int = Field(ge=0, description="Position of the image in the request.")
    analysis: Analysis | None = None
    error: Problem | None = None


class JobOptions(Message):
    """What the client asked for beside the analysis."""

    annotate: bool = Field(False, description="Keep each image with its boxes drawn for as long as the result.")
    blur: bool = Field(False, description="Cover the heads in those images. Since version 2 of a job.")
    webhook: str = Field("", description="Address that is told when the job is final; empty: none.")
    metadata: dict[str, JsonValue] | None = Field(None, description="Echoed back with the result.")

    @property
    def version(self) -> Literal[1, 2]:
        """Of a job with these options."""
        return 2 if self.blur else 1


class Origin(NamedTuple):
    """The request that made a job, for whoever follows it through logs and traces."""

    request_id: str = ""
    traceparent: str = ""
    """W3C's header: the span that all that becomes of the job is part of."""


class Job(Message):
    """Everything a client may know of a job. Times are seconds since 1970, UTC."""

    version: Literal[1, 2] = Field(1, description="The lowest that means what this job asks for.")
    id: str
    state: JobState
    queue: str
    image_count: int = Field(ge=1)
    attempts: int = Field(0, ge=0, description="How often a worker has begun it.")
    created_at: float
    deadline_at: float | None = Field(None, description="The job expires if no worker has begun it by then.")
    client: str = Field("", description="Id of the API key that made it, to which it belongs; empty: made without one.")
    options: JobOptions = JobOptions()
    names: list[str | None] = Field(
        default_factory=list, description="File names in the order of the images; empty if the client gave none."
    )
    request_id: str = Field("", description="Of the request that made it; in all log lines about it.")
    traceparent: str = Field("", description="W3C's header, of the trace that it is part of; empty: of none.")
    begun_before: float | None = Field(None, description="When the attempt before this one began; it came to nothing.")
    started_at: float | None = None
    finished_at: float | None = None
    items: list[ItemResult] = Field(
        default_factory=list, description="In the order of the images; empty until finished."
    )
    error: Problem | None = Field(None, description="Why the job as a whole failed.")


def new_job_id() -> str:
    """An id with 112 random bits: of a job that was made without an API key, knowing it allows to read the result."""
    while True:
        random = secrets.token_bytes(_RANDOM_BYTES)
        text = base64.urlsafe_b64encode(random + _check(random)).decode()
        if not text.startswith("-"):  # which command lines would take for an option
            return text


def is_job_id(text: str) -> bool:
    """Whether `new_job_id` made this id, here or elsewhere."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == _RANDOM_BYTES + _CHECK_BYTES and _check(raw[:_RANDOM_BYTES]) == raw[_RANDOM_BYTES:]


def _check(random: bytes) -> bytes:
    return hashlib.sha256(b"mien job " + random).digest()[:_CHECK_BYTES]
