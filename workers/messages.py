"""What a worker takes for a message: nothing else reaches kombu and Celery, which end the process over some of it.

Members that are not known are left out, so that a newer version may add some. A message of any other kind is reported
in one line and thrown away: it is a hint, and what it spoke of is announced again.

Commands of Celery's remote control, which all workers are sent at once, are looked at in the same way; those are known
that Flower uses, which ask or tell and change nothing.
"""

import base64
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.queues import ANALYZE_FRAME, ANALYZE_JOBS, DELIVER_WEBHOOK

logger = logging.getLogger(__name__)

_JobQueue = Literal["interactive", "bulk"]
_ARGUMENTS: Final[Mapping[str, TypeAdapter[Any]]] = {
    ANALYZE_JOBS: TypeAdapter(tuple[_JobQueue]),
    ANALYZE_FRAME: TypeAdapter(tuple[str, str]),
    DELIVER_WEBHOOK: TypeAdapter(tuple[str]),
}
"""Of each task, by its name; none has keywords."""
_EMBEDDED: Final = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def _iso_time(value: object) -> object:
    """Make sure that it is nothing or a time as Celery reads it."""
    if value is not None:
        datetime.fromisoformat(value if isinstance(value, str) else "")
    return value


_Time = Annotated[str | None, BeforeValidator(_iso_time)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class _Headers(_Part):
    task: Literal["analyze_jobs", "analyze_frame", "deliver_webhook"]
    id: str
    lang: str = "py"
    eta: _Time = None
    expires: _Time = None
    retries: int = Field(0, ge=0, le=100)
    root_id: str | None = None
    parent_id: str | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    origin: str | None = None
    ignore_result: bool | None = None
    compression: None = Field(None, exclude=True)


class _DeliveryInfo(_Part):
    exchange: str
    routing_key: str
    redelivered: bool = False


class _Properties(_Part):
    delivery_tag: str
    delivery_info: _DeliveryInfo
    body_encoding: Literal["base64"]
    correlation_id: str | None = None
    reply_to: str | None = None
    delivery_mode: int = 2
    priority: int = 0


class _Envelope(_Part):
    body: str
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    content_type: Literal["application/json"] = Field(alias="content-type")
    headers: _Headers
    properties: _Properties


class _Keywords(_Part):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


_BODY: Final = TypeAdapter(tuple[list[Any], _Keywords, dict[str, None]])


def sound(queue: str, raw: bytes) -> bytes | None:
    """The message with nothing in it but what a worker understands; none, with a line in the log, if it is no message.

    Args:
        queue: in which it was.
        raw: as it stood there.
    """
    try:
        envelope = _Envelope.model_validate_json(raw)
        arguments, _, _ = _BODY.validate_json(base64.b64decode(envelope.body, validate=True))
        arguments = _ARGUMENTS[envelope.headers.task].validate_python(arguments)
    except ValidationError as error:
        _report(f"in the queue {queue}", _reason(error))
        return None
    except ValueError as error:
        _report(f"in the queue {queue}", f"body: {error}")
        return None
    envelope.body = base64.b64encode(json.dumps([arguments, {}, _EMBEDDED]).encode()).decode()
    return envelope.model_dump_json(by_alias=True).encode()


class _ReplyTo(_Part):
    exchange: str
    routing_key: str


class _Arguments(_Part):
    safe: bool = False
    with_defaults: bool = False


class _Command(_Part):
    method: Literal[
        "active",
        "active_queues",
        "clock",
        "conf",
        "enable_events",
        "heartbeat",
        "ping",
        "registered",
        "report",
        "reserved",
        "revoked",
        "scheduled",
        "stats",
    ]
    arguments: _Arguments | None = None
    destination: list[str] | None = None
    pattern: None = None
    matcher: None = None
    reply_to: _ReplyTo | None = None
    ticket: str | None = None


class _CommandHeaders(_Part):
    clock: int = Field(0, ge=0)


class _CommandProperties(_Part):
    delivery_tag: str
    delivery_info: dict[str, str | None]
    body_encoding: Literal["base64"]


class _CommandEnvelope(_Part):
    body: str
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    content_type: Literal["application/json"] = Field(alias="content-type")
    headers: _CommandHeaders
    properties: _CommandProperties


_WITH_ARGUMENTS: Final = frozenset({"active", "conf"})


def sound_command(raw: bytes) -> bytes | None:
    """The same for a command that was sent to all workers; none, with a line in the log, if it is no known one."""
    try:
        envelope = _CommandEnvelope.model_validate_json(raw)
        command = _Command.model_validate_json(base64.b64decode(envelope.body, validate=True))
    except ValidationError as error:
        _report("to all workers", _reason(error))
        return None
    except ValueError as error:
        _report("to all workers", f"body: {error}")
        return None
    if command.method not in _WITH_ARGUMENTS:
        command.arguments = None
    envelope.body = base64.b64encode(command.model_dump_json().encode()).decode()
    return envelope.model_dump_json(by_alias=True).encode()


def _reason(error: ValidationError) -> str:
    first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
    return f"{'.'.join(map(str, first['loc'])) or 'message'}: {first['msg']}"


def _report(where: str, reason: str) -> None:
    logger.error("a message %s cannot be read, and is thrown away: %s", where, reason)
