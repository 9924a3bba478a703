"""Sending spans: from a queue of bounded length, on a thread of its own, so that nothing waits for a collector.

What does not fit in, and what the collector does not take, is dropped, counted, and told once a minute.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult

MOST_WAITING: Final = 2_048
"""Spans of a process: some hundred jobs, two megabytes."""
_A_BATCH: Final = 512
_TOLD_EVERY_S: Final = 60.0
_LAST_S: Final = 3.0
"""A process that ends does not wait longer for its last spans to be taken."""

logger = logging.getLogger(__name__)


class BoundedExport(SpanProcessor):
    """The SDK's batches, with a count of what became of every span. Thread-safe."""

    def __init__(
        self, exporter: SpanExporter, most: int = MOST_WAITING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Send to `exporter`.

        Args:
            exporter: takes spans, or does not.
            most: spans that may wait, those that are being sent included.
            clock: gives seconds; it never goes back.
        """
        self._exporter = exporter
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._waiting = 0
        self._counts = {"exported": 0, "dropped": 0}
        self._told_at = float("-inf")
        self._batches = BatchSpanProcessor(
            _Counted(exporter, self._sent), max_queue_size=most, max_export_batch_size=min(_A_BATCH, most)
        )

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: only a span that has ended is sent."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or drop it if the queue is full."""
        if not (span.context and span.context.trace_flags.sampled):
            return
        with self._lock:
            fits = self._waiting < self._most
            self._waiting += fits
        if fits:
            self._batches.on_end(span)
        else:
            self._note(1, "dropped")

    def take_counts(self) -> dict[str, int]:
        """How many spans were ``exported`` and ``dropped`` since the last call; what is 0 is left out."""
        with self._lock:
            counts, self._counts = self._counts, dict.fromkeys(self._counts, 0)
        return {outcome: count for outcome, count in counts.items() if count}

    def shutdown(self) -> None:
        """Send what waits, for three seconds at most."""
        last = threading.Thread(target=self._batches.shutdown, name="traces-end", daemon=True)
        last.start()
        last.join(_LAST_S)
        if last.is_alive():
            self._exporter.shutdown()  # which ends its attempts

    def force_flush(self, timeout_millis: int | None = None) -> bool:
        """Send what waits, now."""
        return self._batches.force_flush(timeout_millis)

    def _sent(self, spans: int, *, taken: bool) -> None:
        with self._lock:
            self._waiting -= spans
        self._note(spans, "exported" if taken else "dropped")

    def _note(self, spans: int, outcome: str) -> None:
        with self._lock:
            self._counts[outcome] += spans
            tells = outcome == "dropped" and self._clock() >= self._told_at + _TOLD_EVERY_S
            if tells:
                self._told_at = self._clock()
        if tells:
            logger.warning("spans are dropped: the collector does not take them, or not fast enough")


class _Counted(SpanExporter):
    def __init__(self, exporter: SpanExporter, sent: Callable[..., None]) -> None:
        self._exporter, self._sent = exporter, sent

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        taken = False
        try:
            result = self._exporter.export(spans)
            taken = result is SpanExportResult.SUCCESS
        finally:
            self._sent(len(spans), taken=taken)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def to_collector() -> BoundedExport:
    """Sends by OTLP over HTTP, to where ``OTEL_EXPORTER_OTLP_ENDPOINT`` and its like say."""
    # It tells of every attempt; what is dropped is told here, and its errors have no more than a reason to add.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    return BoundedExport(OTLPSpanExporter())


def to_console() -> BoundedExport:
    """Writes a line of JSON a span to the standard output."""
    return BoundedExport(ConsoleSpanExporter(out=sys.stdout, formatter=lambda span: span.to_json(indent=None) + "\n"))
