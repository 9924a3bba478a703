"""What a process would send to a collector, kept in memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.tracing.otel import OtelTracing
from contracts.tracing.spans import Tracing


class Seen(NamedTuple):
    """A span as a collector has it; ids as hexadecimal digits, times in seconds since 1970."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    begun_at: float
    ended_at: float
    attributes: Mapping[str, Any]
    links: tuple[str, ...]
    """Ids of the spans that it names."""
    error: str
    service: str = ""
    kind: int = 1


class _Lasting(InMemorySpanExporter):
    """One for all roles: it goes on when one of them ends."""

    def shutdown(self) -> None:
        pass


class Spans:
    """Keeps the spans of every role that is opened while `kept` is in force."""

    def __init__(self) -> None:
        self.exporter = _Lasting()

    def open(self, _: object, role: str) -> Tracing:
        """In place of `contracts.tracing.loading.open_tracing`."""
        return OtelTracing(role, SimpleSpanProcessor(self.exporter))

    @property
    def seen(self) -> list[Seen]:
        """All that have ended, by when they began."""
        return sorted(map(_seen, self.exporter.get_finished_spans()), key=lambda span: span.begun_at)

    def named(self, name: str) -> list[Seen]:
        """Those of this name."""
        return [span for span in self.seen if span.name == name]


@contextmanager
def kept() -> Iterator[Spans]:
    """Gateways and workers that are wired within the block record their spans here."""
    spans = Spans()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("api.services.open_tracing", spans.open)
        patched.setattr("workers.services.open_tracing", spans.open)
        yield spans


def _seen(span: ReadableSpan) -> Seen:
    assert span.start_time is not None
    assert span.end_time is not None
    return Seen(
        span.name,
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
        f"{span.parent.span_id:016x}" if span.parent else "",
        span.start_time / 1e9,
        span.end_time / 1e9,
        dict(span.attributes or {}),
        tuple(f"{link.context.span_id:016x}" for link in span.links),
        span.status.description or "",
        str(span.resource.attributes["service.name"]),
    )
