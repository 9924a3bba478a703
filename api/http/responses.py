"""Answers made one way: a model as JSON, with its headers."""

from collections.abc import Mapping
from typing import Final

from flask import Response

from contracts.results import Message

NOT_STORED: Final = {"Cache-Control": "no-store"}
"""Headers of answers that are out of date a moment later."""


def json_response(model: Message, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer whose body is this model."""
    return Response(model.model_dump_json(), status, headers, mimetype="application/json")
