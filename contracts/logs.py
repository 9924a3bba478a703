"""Logs: one form for people, one for machines, both with what the work is about.

The context (request, job, camera) is set once where work begins, and stands in every line that is written meanwhile in
the same thread or greenlet, also in those of libraries.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TextIO

from contracts.settings import Settings

_TEXT_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))


def configure_logging(settings: Settings, role: str, stream: TextIO | None = None) -> None:
    """Send all log lines of this process to one place, in the form that ``MIEN_LOG_FORMAT`` names.

    Args:
        settings: level and form.
        role: what kind of process this is; machines read it in every line.
        stream: where to; by default the standard error stream.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(role) if settings.log_format == "json" else TextFormatter(_TEXT_FORMAT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)


@contextmanager
def log_context(*, request_id: str = "", job_id: str = "", trace_id: str = "", camera: str = "") -> Iterator[None]:
    """Say what the work within the block is about. Blocks may be nested; what is left out stays as it is."""
    given = {"request_id": request_id, "job_id": job_id, "trace_id": trace_id, "camera": camera}
    token = _CONTEXT.set({**_CONTEXT.get(), **{name: value for name, value in given.items() if value}})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def context_of(name: str) -> str:
    """What the work that goes on here is about, by one of the names that `log_context` takes; empty: not said."""
    return _CONTEXT.get().get(name, "")


class TextFormatter(logging.Formatter):
    """A line for people; the context follows in brackets, save for what the message says already."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line without a traceback."""
        line = super().formatMessage(record)
        context = [f"{name} {value}" for name, value in _CONTEXT.get().items() if value not in record.message]
        return f"{line} [{', '.join(context)}]" if context else line


class JsonFormatter(logging.Formatter):
    """A line of JSON: ``time``, ``level``, ``role``, ``logger``, ``event``, the context, ``error`` with a traceback."""

    def __init__(self, role: str) -> None:
        """Write `role` into every line."""
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "event": record.getMessage(),
            **_CONTEXT.get(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
