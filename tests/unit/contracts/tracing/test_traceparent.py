"""The header `traceparent`: what is one, and that all else counts as none."""

import pytest

from contracts.tracing.traceparent import TraceContext, parse_traceparent, trace_id_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_header_is_read_and_written_the_same() -> None:
    for flags, sampled in (("00", False), ("01", True)):
        header = f"00-{TRACE}-{SPAN}-{flags}"
        context = parse_traceparent(header)
        assert context == TraceContext(TRACE, SPAN, sampled)
        assert context.header == header


def test_flags_that_are_not_known_are_left_out() -> None:
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-fe") == TraceContext(TRACE, SPAN, False)
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-ff") == TraceContext(TRACE, SPAN, True)


def test_of_a_later_version_what_is_known_is_read() -> None:
    assert parse_traceparent(f"01-{TRACE}-{SPAN}-01-what-comes-next") == TraceContext(TRACE, SPAN, True)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01\r\nX-Other: 1",
        f"01-{TRACE}-{SPAN}-01-{'x' * 8_000}",
        f"00-{TRACE}-{SPAN}-0١",  # noqa: RUF001 - a digit that is none of ASCII's
    ],
)
def test_what_is_malformed_is_none(header: str) -> None:
    assert parse_traceparent(header) is None
    assert trace_id_of(header) == ""


def test_the_id_of_a_trace_is_what_logs_name() -> None:
    assert trace_id_of(f"00-{TRACE}-{SPAN}-00") == TRACE
