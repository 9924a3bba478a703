"""Sending spans: nothing waits for a collector, what it does not take is dropped, and both are counted."""

import json
import logging
import threading
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from contracts.tracing import export
from contracts.tracing.export import BoundedExport, to_console
from contracts.tracing.otel import OtelTracing
from support.clocks import ManualClock


class Collector(SpanExporter):
    """Takes spans when it is let, or refuses them."""

    def __init__(self, result: SpanExportResult = SpanExportResult.SUCCESS) -> None:
        self.result, self.taken = result, list[str]()
        self.asked, self.lets = threading.Event(), threading.Event()
        self.lets.set()
        self.ended = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        self.lets.wait(60)
        self.taken += [span.name for span in spans]
        return self.result

    def shutdown(self) -> None:
        self.ended.set()
        self.lets.set()


def record(sending: BoundedExport, count: int) -> OtelTracing:
    tracing = OtelTracing("worker", sending, sending.take_counts)
    for number in range(count):
        tracing.begin(f"span {number}", 1.0).end(2.0)
    return tracing


def test_what_is_taken_is_counted_once() -> None:
    collector = Collector()
    sending = BoundedExport(collector)
    tracing = record(sending, 3)
    assert sending.force_flush()
    assert collector.taken == ["span 0", "span 1", "span 2"]
    assert (tracing.take_counts(), tracing.take_counts()) == ({"exported": 3}, {})
    tracing.close()


def test_what_does_not_fit_is_dropped_at_once_and_nothing_waits(caplog: pytest.LogCaptureFixture) -> None:
    collector, clock = Collector(), ManualClock()
    collector.lets.clear()
    sending = BoundedExport(collector, most=4, clock=clock)
    with caplog.at_level(logging.WARNING):
        tracing = record(sending, 100)
    assert tracing.take_counts() == {"dropped": 96}
    assert [line for line in caplog.messages if "dropped" in line] == [
        "spans are dropped: the collector does not take them, or not fast enough"
    ], "told once, not for each"
    collector.lets.set()
    tracing.close()
    assert tracing.take_counts() == {"exported": 4}


def test_what_is_refused_is_dropped_and_told_again_a_minute_later(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    sending = BoundedExport(Collector(SpanExportResult.FAILURE), clock=clock)
    with caplog.at_level(logging.WARNING):
        for seconds in (0, 30, 61):
            clock.now += seconds
            record(sending, 1)
            sending.force_flush()
    assert sending.take_counts() == {"dropped": 3}
    assert sum("dropped" in line for line in caplog.messages) == 2
    sending.shutdown()


def test_a_span_that_is_not_sampled_is_not_sent() -> None:
    sending = BoundedExport(Collector())
    tracing = OtelTracing("worker", sending, sending.take_counts)
    tracing.begin("attempt", 1.0, parent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").end(2.0)
    tracing.close()
    assert tracing.take_counts() == {}


def test_an_end_does_not_wait_for_a_collector_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_LAST_S", 0.05)
    collector = Collector()
    collector.lets.clear()
    tracing = record(BoundedExport(collector), 1)
    tracing.close()
    assert collector.ended.is_set(), "its attempts are ended"


def test_on_the_console_a_span_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    record(to_console(), 2).close()
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["span 0", "span 1"]
