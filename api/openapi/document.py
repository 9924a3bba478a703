"""The OpenAPI 3.1 document, made from what the views declare, the models they answer with, and the settings."""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from flask import Flask
from pydantic.json_schema import models_json_schema

from api.http import request_id
from api.http.endpoint import (
    PUBLIC,
    SCHEMA_REF,
    Endpoint,
    MessageSpec,
    Operation,
    Parameter,
    ResponseSpec,
    declaration_of,
)
from api.http.problems import CONTENT_TYPE, ERRORS, ProblemDocument
from api.http.statuses import REQUEST_LINE_BYTES, STATUSES, status_of
from contracts import errors
from contracts.errors import MienError
from contracts.results import Message
from contracts.settings import Settings

_EXTENSION: Final = "mien_openapi"
_BY_THE_SERVER: Final = {
    414: f"The address is longer than {REQUEST_LINE_BYTES:,} characters.",
    431: "The headers are too large.",
}
"""Refused before the application sees the request, with a few words of HTML."""
_METHODS: Final = frozenset({"GET", "POST", "DELETE"})
_HEADERS: Final = {
    "Location": {"schema": {"type": "string"}, "description": "Where the job is."},
    "Mien-Job": {"schema": {"type": "string"}, "description": "Id of the job that did the work."},
    "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."},
}
_VARIABLE: Final = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


class _Described(NamedTuple):
    path: str
    method: str
    endpoint: Endpoint
    operation: Operation


def document_of(app: Flask, settings: Settings) -> dict[str, Any]:
    """The description of an application's whole interface, made at the first call."""
    if _EXTENSION not in app.extensions:
        app.extensions[_EXTENSION] = _document(list(_described(app)), settings)
    document: dict[str, Any] = app.extensions[_EXTENSION]
    return document


def _document(described: list[_Described], settings: Settings) -> dict[str, Any]:
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for one in described:
        paths[one.path][one.method] = _operation(one, settings)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mien",
            "version": "1",
            "summary": "Reads the expression on people's faces: photos and live video in, faces and emotions out.",
            "description": f"Every answer has an `{request_id.HEADER}`: that of its request, if it has 1 to "
            f"{request_id.LONGEST} letters, digits and signs of `{request_id.SIGNS}`, else a new one.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(paths),
        "components": {
            "schemas": _schemas(described),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
        "x-problems": _problems(),
        "x-purpose": settings.purpose,
        "x-faces-only": settings.faces_only,
    }


def _described(app: Flask) -> Iterator[_Described]:
    for rule in app.url_map.iter_rules():
        endpoint = declaration_of(app.view_functions[rule.endpoint])
        operation = endpoint.operation
        if operation is None:
            continue
        names = {found.argument or found.name: found.name for found in operation.parameters if found.location == "path"}
        path = _VARIABLE.sub(lambda found: "{" + names[found[1]] + "}", rule.rule)  # noqa: B023 - used at once
        for method in sorted((rule.methods or set()) & _METHODS):
            yield _Described(path, method.lower(), endpoint, operation)


def _schemas(described: list[_Described]) -> dict[str, Any]:
    responses = (response for one in described for response in one.operation.responses.values())
    models: set[type[Message]] = {response.schema for response in responses if isinstance(response.schema, type)}
    models |= {
        message.schema for one in described for message in _messages(one.operation) if message.schema is not None
    }
    ordered = sorted(models | {ProblemDocument}, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "serialization") for model in ordered], ref_template=SCHEMA_REF)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _problems() -> list[dict[str, Any]]:
    """Every kind of error: code, status, title and when it is raised."""
    return [
        {"code": kind.code, **status_of(kind)._asdict(), "description": inspect.getdoc(kind)}
        for kind in ERRORS.values()
        if kind in STATUSES and not issubclass(kind, errors.ConfigurationError)  # not what a package keeps for itself
    ]


def _operation(one: _Described, settings: Settings) -> dict[str, Any]:
    operation = one.operation
    summary = operation.summary
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": summary if isinstance(summary, str) else summary(settings),
        "tags": [operation.tag],
        "parameters": [_parameter(parameter, settings) for parameter in operation.parameters],
        "responses": {str(status): _response(response) for status, response in operation.responses.items()},
    }
    by_status: defaultdict[int, list[type[MienError]]] = defaultdict(list)
    for kind in _errors_of(one):
        by_status[status_of(kind).status].append(kind)
    described["responses"] |= {str(status): _errors(kinds) for status, kinds in sorted(by_status.items())}
    described["responses"] |= {str(status): {"description": text} for status, text in _BY_THE_SERVER.items()}
    if operation.websocket is not None:
        sides = {"client": operation.websocket.client, "server": operation.websocket.server}
        described["x-websocket"] = {side: [_message(message) for message in sent] for side, sent in sides.items()}
    if one.endpoint.body is not None:
        content = {kind: {"schema": schema} for kind, schema in one.endpoint.body.content(settings).items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _messages(operation: Operation) -> Iterable[MessageSpec]:
    return (*operation.websocket.client, *operation.websocket.server) if operation.websocket else ()


def _message(message: MessageSpec) -> dict[str, Any]:
    schema = (
        {"type": "string", "format": "binary"}
        if message.schema is None
        else {"$ref": SCHEMA_REF.format(model=message.schema.__name__)}
    )
    return {"description": message.description, "schema": schema}


def _errors_of(one: _Described) -> Iterable[type[MienError]]:
    """What the view raises, and what is raised around it."""
    yield from one.operation.errors
    if one.operation.websocket is not None and 101 in one.operation.responses:
        yield from (errors.UpgradeRequired, errors.Unavailable)
    if one.endpoint.scope is not PUBLIC:
        yield from (errors.QuotaExceeded, errors.Unauthorized, errors.Forbidden)
    if "{" in one.path:
        yield errors.NotFound
    yield from (errors.CrossSite, errors.InvalidRequest, errors.MethodNotAllowed, MienError)


def _parameter(parameter: Parameter, settings: Settings) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "schema": parameter.schema,
        "description": parameter.description(settings),
    }


def _response(response: ResponseSpec) -> dict[str, Any]:
    described: dict[str, Any] = {"description": response.description}
    if response.schema is not None:
        reference = (
            {"$ref": SCHEMA_REF.format(model=response.schema.__name__)} if isinstance(response.schema, type) else None
        )
        described["content"] = {response.content_type: {"schema": reference or response.schema}}
        described["content"] |= {other: {"schema": {"type": "string"}} for other in response.texts}
    if response.headers:
        described["headers"] = {name: _HEADERS[name] for name in response.headers}
    if response.links:
        described["links"] = {
            target: {"operationId": target, "parameters": {"id": "$response.body#/id"}} for target in response.links
        }
    return described


def _errors(kinds: list[type[MienError]]) -> dict[str, Any]:
    reference = {"$ref": SCHEMA_REF.format(model=ProblemDocument.__name__)}
    described: dict[str, Any] = {
        "description": "; ".join(f"`{kind.code}`: {status_of(kind).title}" for kind in dict.fromkeys(kinds)),
        "content": {CONTENT_TYPE: {"schema": reference}},
    }
    if all(issubclass(kind, errors.Overloaded | errors.Unavailable) for kind in kinds):
        described["headers"] = {"Retry-After": _HEADERS["Retry-After"]}
    return described
