"""Parameters in the address and the headers of a request, read strictly, each with its description.

A wrong one is an error that names it, never a silent default.
"""

import math
import re
from typing import Final

from flask import Request

from api.http.endpoint import STREAM_TOKEN, Parameter, is_json
from api.http.scopes import Scope
from contracts.cameras import NAME
from contracts.errors import CameraNotFound, MalformedRequest
from contracts.queues import BULK, JOB_QUEUES
from contracts.storage.frames import FrameStore

_FORM: Final = "multipart/form-data"
_LONGEST_KEY: Final = 255
_LATEST_S: Final = 1e11
"""The year 5138."""
_PREFER_WAIT: Final = re.compile(r"(?:^|[,;]\s*)wait\s*=\s*\"?([^\s,;\"]+)", re.IGNORECASE)

JOB_ID: Final = Parameter(
    name="id",
    argument="job_id",
    location="path",
    schema={"type": "string", "minLength": 1},
    description=lambda _: "The job's id.",
)
CAMERA_NAME: Final = Parameter(
    name="name",
    location="path",
    schema={"type": "string"},
    description=lambda _: "The camera's name.",
)
INDEX: Final = Parameter(
    name="index",
    location="path",
    schema={"type": "integer", "minimum": 0},
    description=lambda _: "Position of the image in the request.",
)
CAMERA: Final = Parameter(
    name="camera",
    location="query",
    schema={"type": "string"},
    description=lambda _: "Default: the one with the newest frame.",
)
WAIT: Final = Parameter(
    name="wait",
    location="query",
    schema={"type": "number", "minimum": 0},
    description=lambda settings: f"Seconds to wait for the end; {settings.max_wait_s:g} at most.",
)
PREFER: Final = Parameter(
    name="Prefer",
    location="header",
    schema={"type": "string"},
    description=lambda _: "`wait=` and a number of seconds: answer when the job is final.",
)
IDEMPOTENCY_KEY: Final = Parameter(
    name="Idempotency-Key",
    location="header",
    schema={"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY},
    description=lambda _: "Same key, same job.",
)
LAST_EVENT_ID: Final = Parameter(
    name="Last-Event-ID",
    location="header",
    schema={"type": "string"},
    description=lambda _: "Sent by clients that come back.",
)


TOKEN: Final = STREAM_TOKEN
TOKEN_SCOPE: Final = Parameter(
    name="scope",
    location="query",
    schema={"type": "string", "enum": [Scope.LIVE.value, Scope.ANALYZE.value], "default": Scope.LIVE.value},
    description=lambda _: "What the token is for: to look, or to send a camera's pictures. The key has to have it.",
)


def token_scope(request: Request) -> Scope:
    """``?scope=``: what a token is to be for.

    Raises:
        MalformedRequest: it is none that streams have.
    """
    asked = request.args.get("scope", Scope.LIVE.value)
    if asked not in (Scope.LIVE, Scope.ANALYZE):
        raise MalformedRequest(f'"scope" has to be "{Scope.LIVE}" or "{Scope.ANALYZE}".', field="scope")
    return Scope(asked)


def wait_seconds(request: Request, longest: float) -> float:
    """``?wait=``: seconds the client is willing to wait, 0 if absent, `longest` at most."""
    return _seconds(request.args.get("wait", "0"), "wait", longest)


def camera_name(name: str) -> str:
    """A camera's name in an address.

    Raises:
        CameraNotFound: no camera can have this name.
    """
    if re.fullmatch(NAME, name) is None or name.endswith("\n"):
        raise CameraNotFound("No camera has such a name.", field="name")
    return name


def moment(request: Request, name: str, default: float) -> float:
    """A parameter that is a time, in seconds since 1970; `default` if absent.

    Raises:
        MalformedRequest: it is no number, or none that is a time.
    """
    return _seconds(request.args[name], name, _LATEST_S) if name in request.args else default


def preferred_wait(request: Request, longest: float) -> float | None:
    """``Prefer: wait=``: the same; None if the client has no such preference."""
    preferred = _PREFER_WAIT.search(request.headers.get("Prefer", ""))
    return _seconds(preferred[1], "Prefer", longest) if preferred else None


def idempotency_key(request: Request) -> str | None:
    """``Idempotency-Key``, or None.

    Raises:
        MalformedRequest: it is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        raise MalformedRequest(f"An idempotency key has 1 to {_LONGEST_KEY} characters.", field="Idempotency-Key")
    return key


def possible_queues(request: Request) -> tuple[str, ...]:
    """Where the request's job may be going to wait, as far as is known before the body is read; it may name a queue."""
    asked = request.args.get("priority")
    if asked is not None:
        return (asked,) if asked in JOB_QUEUES else ()
    return JOB_QUEUES if request.mimetype == _FORM or is_json(request) else (BULK,)


def known_camera(request: Request, frames: FrameStore) -> str | None:
    """``?camera=``, or the camera with the newest frame; None if there is none at all.

    Raises:
        CameraNotFound: no camera of this name is known, nor has published within the last hour.
    """
    asked = request.args.get("camera")
    if not asked:
        return next(iter(frames.cameras()), None)
    if not frames.known(asked):
        raise CameraNotFound("No camera of this name has sent a picture within the last hour.", field="camera")
    return asked


def _seconds(text: str, field: str, longest: float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise MalformedRequest(f'"{field}" has to be a number of seconds from 0 to {longest:g}.', field=field)
    return min(seconds, longest)
