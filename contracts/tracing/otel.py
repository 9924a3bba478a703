"""Spans by OpenTelemetry's SDK. Only `contracts.tracing.loading` imports this, and only where traces are wanted."""

from collections.abc import Callable
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace import Span as SdkSpan

from contracts.tracing.spans import NO_ATTRIBUTES, NO_SPAN, Attributes, Kind, Span
from contracts.tracing.traceparent import TraceContext, parse_traceparent

_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_UNNAMED: Final = "unknown_service"
"""What the SDK calls a service that ``OTEL_SERVICE_NAME`` does not name."""


class OtelTracing:
    """Records spans. The sampler is what ``OTEL_TRACES_SAMPLER`` names, read by the SDK."""

    enabled: Final = True

    def __init__(self, role: str, processor: SpanProcessor, counts: Callable[[], dict[str, int]] = dict) -> None:
        """Hand spans that have ended to `processor`.

        Args:
            role: of this process; the service is called ``mien-<role>`` unless the environment says otherwise.
            processor: what sends them, or keeps them.
            counts: what became of them since it was asked last.
        """
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, _UNNAMED)).startswith(_UNNAMED):
            resource = resource.merge(Resource({SERVICE_NAME: f"mien-{role}"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("mien")
        self._counts = counts

    def begin(
        self, name: str, at: float, *, parent: str = "", kind: Kind = "internal", attributes: Attributes = NO_ATTRIBUTES
    ) -> Span:
        """See `contracts.tracing.spans.Tracing`."""
        above = _context(parent)
        context = set_span_in_context(NonRecordingSpan(above)) if above else None
        span = self._tracer.start_span(name, context, _KINDS[kind], dict(attributes), start_time=_ns(at))
        return OtelSpan(self._tracer, span)

    def take_counts(self) -> dict[str, int]:
        """See `contracts.tracing.spans.Tracing`."""
        return self._counts()

    def close(self) -> None:
        """See `contracts.tracing.spans.Tracing`."""
        self._provider.shutdown()


class OtelSpan:
    """A span of the SDK; one that is not sampled says so to those below it, and records nothing."""

    def __init__(self, tracer: Tracer, span: SdkSpan) -> None:
        """Wrap a span that has begun."""
        self._tracer, self._span = tracer, span

    @property
    def traceparent(self) -> str:
        """See `contracts.tracing.spans.Span`."""
        place = self._span.get_span_context()
        trace_id, span_id = format_trace_id(place.trace_id), format_span_id(place.span_id)
        return TraceContext(trace_id, span_id, place.trace_flags.sampled).header

    @property
    def recorded(self) -> bool:
        """See `contracts.tracing.spans.Span`."""
        return self._span.is_recording()

    def begin(self, name: str, at: float) -> Span:
        """See `contracts.tracing.spans.Span`."""
        if not self.recorded:
            return NO_SPAN
        within = set_span_in_context(self._span)
        return OtelSpan(self._tracer, self._tracer.start_span(name, within, start_time=_ns(at)))

    def part(self, name: str, begun_at: float, ended_at: float, attributes: Attributes = NO_ATTRIBUTES) -> None:
        """See `contracts.tracing.spans.Span`."""
        part = self.begin(name, begun_at)
        part.note(attributes)
        part.end(max(begun_at, ended_at))

    def link(self, traceparent: str) -> None:
        """See `contracts.tracing.spans.Span`."""
        place = _context(traceparent)
        if place is not None:
            self._span.add_link(place)

    def note(self, attributes: Attributes) -> None:
        """See `contracts.tracing.spans.Span`."""
        if attributes:
            self._span.set_attributes(dict(attributes))

    def end(self, at: float, error: str = "") -> None:
        """See `contracts.tracing.spans.Span`."""
        if error:
            self._span.set_status(StatusCode.ERROR, error)
        self._span.end(_ns(at))


def _context(traceparent: str) -> SpanContext | None:
    place = parse_traceparent(traceparent)
    if place is None:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if place.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote=True, trace_flags=flags)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
