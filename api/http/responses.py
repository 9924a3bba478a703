"""Answers made one way: a model as JSON, with its headers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from flask import Response

from contracts.results import Message

NOT_STORED: Final = {"Cache-Control": "no-store"}
"""Headers of answers that are out of date a moment later."""


def json_response(model: Message, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer whose body is this model."""
    return Response(model.model_dump_json(), status, headers, mimetype="application/json")


class HeldStream:
    """A stream that holds something until it ends, or until its client goes, even if it has never begun."""

    def __init__(self, parts: Iterator[Any], release: Callable[[], None]) -> None:
        """Stream `parts`, and call `release` once they are over."""
        self._parts, self._release = parts, release

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._parts)

    def close(self) -> None:
        """End the stream."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()
        self._release()
