"""Where nothing is traced: everything may be called, and nothing comes of it."""

from contracts.tracing.spans import NO_SPAN, NO_TRACING


def test_nothing_is_recorded_and_everything_may_be_called() -> None:
    span = NO_TRACING.begin("attempt", 1.0, parent="garbage", kind="consumer", attributes={"mien.images": 1})
    assert span is NO_SPAN
    assert span.begin("decode", 1.0) is NO_SPAN
    span.part("decode", 1.0, 2.0)
    span.link("garbage")
    span.note({"mien.faces": 2})
    span.end(2.0, "corrupt_image")
    NO_TRACING.close()
    assert (NO_TRACING.enabled, NO_TRACING.take_counts()) == (False, {})
    assert (span.recorded, span.traceparent) == (False, "")
