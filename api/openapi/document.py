"""The OpenAPI 3.1 document, and the list of all problems."""

import inspect
from collections import defaultdict
from functools import cache
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.json_schema import models_json_schema

from api.http.problems import ERRORS
from api.openapi.operations import OPERATIONS, Answer, Operation
from api.openapi.parts import BODIES, HEADERS, PARAMETERS
from contracts import errors
from contracts.errors import MienError
from contracts.results import Message

_BY_THE_SERVER = {414: "The address is longer than 4,094 characters.", 431: "The headers are too large."}
"""Refused before the application sees the request, with a few words of HTML."""
_REF = "#/components/schemas/{model}"


class ProblemDocument(Message):
    """An error, by RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Leads to the description of this kind of error.")
    title: str
    status: int
    detail: str = Field(description="A sentence about this very case.")
    code: str = Field(description="Stable; programs may rely on it.")
    error: str = Field(description="The same sentence, for the simplest clients.")
    instance: str


@cache
def document() -> dict[str, Any]:
    """The description of the whole interface."""
    models = {ProblemDocument} | {
        answer.schema
        for operation in OPERATIONS
        for answer in operation.answers.values()
        if isinstance(answer.schema, type)
    }
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "serialization") for model in ordered], ref_template=_REF)
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mien",
            "version": "1",
            "summary": "Reads the expression on people's faces: photos and live video in, faces and emotions out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(paths),
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
        "x-problems": problems(),
    }


@cache
def problems() -> list[dict[str, Any]]:
    """Every kind of error: code, status, title and when it is raised."""
    return [
        {"code": kind.code, "status": kind.status, "title": kind.title, "description": inspect.getdoc(kind)}
        for kind in ERRORS.values()
        if not issubclass(kind, errors.ConfigurationError)
    ]


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [PARAMETERS[name] for name in operation.parameters],
        "responses": {str(status): _answer(answer) for status, answer in operation.answers.items()},
    }
    general: tuple[type[MienError], ...] = (
        errors.Unauthorized,
        errors.Forbidden,
        errors.InvalidRequest,
        errors.MethodNotAllowed,
        MienError,
    )
    by_status: defaultdict[int, list[type[MienError]]] = defaultdict(list)
    for kind in (*operation.errors, *general):
        by_status[kind.status].append(kind)
    if "{" in operation.path:
        by_status[404].append(errors.NotFound)
    described["responses"] |= {str(status): _errors(kinds) for status, kinds in sorted(by_status.items())}
    described["responses"] |= {str(status): {"description": text} for status, text in _BY_THE_SERVER.items()}
    if operation.body:
        described["requestBody"] = {"required": True, "content": BODIES[operation.body]}
    return described


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text}
    if answer.schema is not None:
        reference = {"$ref": _REF.format(model=answer.schema.__name__)} if isinstance(answer.schema, type) else None
        described["content"] = {answer.content: {"schema": reference or answer.schema}}
    if answer.headers:
        described["headers"] = {name: HEADERS[name] for name in answer.headers}
    return described


def _errors(kinds: list[type[MienError]]) -> dict[str, Any]:
    reference = {"$ref": _REF.format(model=ProblemDocument.__name__)}
    described: dict[str, Any] = {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in dict.fromkeys(kinds)),
        "content": {"application/problem+json": {"schema": reference}},
    }
    if all(issubclass(kind, errors.Overloaded | errors.Unavailable) for kind in kinds):
        described["headers"] = {"Retry-After": HEADERS["Retry-After"]}
    return described
