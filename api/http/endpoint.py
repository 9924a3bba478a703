"""What every view declares: who may call it, whether it is rate-limited, the body it takes, and its description.

The declaration hangs on the view itself, so that no other module knows a view by its name: access control, rate limits,
body memory and the OpenAPI document all read it from there. `check_endpoints` refuses to start an application with a
view that has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from flask import Flask, Request, current_app

from api.http.scopes import Scope
from contracts.errors import MienError
from contracts.results import Message
from contracts.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
Limit = Callable[[Settings], int]
Schema = Mapping[str, Any]
"""A JSON schema."""

_DECLARATION: Final = "mien_endpoint"
_WITHOUT_BROKER: Final = "mien_without_broker"
JSON: Final = "application/json"
SCHEMA_REF: Final = "#/components/schemas/{model}"
"""Where a model stands in the OpenAPI document."""


PUBLIC: Final = None
"""The scope of a view that needs no key."""
NO_BODY: Final = None
UNDESCRIBED: Final = None
"""For pages and files, which are no part of the described interface."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """The body that a view reads."""

    content: Callable[[Settings], Mapping[str, Schema]]
    """Content type → schema, for the OpenAPI document."""
    max_bytes: Limit
    max_json_bytes: Limit
    """JSON is held in memory as a whole, so its limit may be a lower one."""

    def limit(self, request: Request, settings: Settings) -> int:
        """Bytes that the body of this request may have."""
        return (self.max_json_bytes if is_json(request) else self.max_bytes)(settings)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of a request."""

    name: str
    location: str
    """``path``, ``query`` or ``header``."""
    schema: Schema
    description: Callable[[Settings], str]
    argument: str = ""
    """The view's argument, if a path parameter is called otherwise there."""


STREAM_TOKEN: Final = Parameter(
    name="token",
    location="query",
    schema={"type": "string"},
    description=lambda _: "In place of a key, where no header can be sent: from `POST /v1/live/token`.",
)
"""A view whose operation has this parameter takes such tokens, and no other view does."""


@dataclass(frozen=True)
class ResponseSpec:
    """What a status means: a model, or a content type of another kind with its schema, or nothing at all."""

    description: str
    schema: type[Message] | Schema | None = None
    content_type: str = JSON
    headers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Ids of the operations that take the member `id` of this answer."""
    texts: tuple[str, ...] = ()
    """Other content types in which it may come, as text."""


@dataclass(frozen=True)
class MessageSpec:
    """A message of a WebSocket."""

    description: str
    schema: type[Message] | None = None
    """Of a text, which is JSON; None: the message is binary."""


@dataclass(frozen=True, kw_only=True)
class WebSocketSpec:
    """What is said over a WebSocket. OpenAPI has no words for it, so it stands in `x-websocket` of the operation."""

    client: tuple[MessageSpec, ...] = ()
    """What the client sends."""
    server: tuple[MessageSpec, ...] = ()
    """What it is sent."""


SWITCHED: Final = ResponseSpec("The connection is a WebSocket from here on; `x-websocket` has its messages.")
"""What 101 means."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The description of a view in the OpenAPI document."""

    id: str
    summary: str | Callable[[Settings], str]
    tag: str
    responses: Mapping[int, ResponseSpec]
    errors: tuple[type[MienError], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    websocket: WebSocketSpec | None = None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A view's declaration."""

    scope: Scope | None
    owned: bool
    rate_limited: bool
    body: Body | None
    operation: Operation | None


def endpoint(
    *, scope: Scope | None, owned: bool, rate_limited: bool, body: Body | None, operation: Operation | None
) -> Callable[[View], View]:
    """Declare a view. There are no defaults: each of these is a decision.

    Args:
        scope: what a client's key has to allow, or `PUBLIC`.
        owned: whether it is about a job, which belongs to the key that made it. Such a view is given the job in place
            of its id, once `api.access.ownership` has made sure that the client may see it.
        rate_limited: whether calls count towards the client's rate.
        body: what the view reads, and how many bytes of it, or `NO_BODY`.
        operation: the view's part of the OpenAPI document, or `UNDESCRIBED`.
    """
    declaration = Endpoint(scope=scope, owned=owned, rate_limited=rate_limited, body=body, operation=operation)

    def declare(view: View) -> View:
        setattr(view, _DECLARATION, declaration)
        return view

    return declare


def without_broker(view: View) -> View:
    """Let a view be asked also while the broker is away; it has to find out itself, and soon."""
    setattr(view, _WITHOUT_BROKER, True)
    return view


def check_endpoints(app: Flask) -> None:
    """Refuse an application in which a view was forgotten.

    Raises:
        TypeError: a view declares nothing; the sentence names it.
    """
    for name, view in app.view_functions.items():
        if not isinstance(getattr(view, _DECLARATION, None), Endpoint):
            raise TypeError(f"The view {name} declares no scope and no limits; put @endpoint(...) on it.")


def declaration_of(view: Callable[..., Any]) -> Endpoint:
    """What this view declares."""
    return cast(Endpoint, getattr(view, _DECLARATION))


def current_endpoint(request: Request) -> Endpoint | None:
    """What the view of the current request declares; None where there is no view, as for an unknown address."""
    if request.endpoint is None:
        return None
    return declaration_of(current_app.view_functions[request.endpoint])


def needs_broker(request: Request) -> bool:
    """Whether the view of the current request is of no use while the broker is away."""
    declared = current_endpoint(request)
    if declared is None or declared.scope is PUBLIC:
        return False
    return not getattr(current_app.view_functions[request.endpoint or ""], _WITHOUT_BROKER, False)


def is_json(request: Request) -> bool:
    """Whether the body claims to be JSON."""
    return request.mimetype == JSON or request.mimetype.endswith("+json")
