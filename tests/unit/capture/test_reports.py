"""Reports through a real pipe."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import TextIO

import pytest

from capture.reports import Report, ReportReader, ReportWriter

Ends = tuple[ReportReader, TextIO]


@pytest.fixture
def ends() -> Iterator[Ends]:
    reading, writing = os.pipe()
    with closing(ReportReader(os.fdopen(reading, "rb"))) as reader, os.fdopen(writing, "w") as stream:
        yield reader, stream


def test_what_is_written_is_read_in_order_and_then_the_end(ends: Ends) -> None:
    reader, stream = ends
    written = [
        Report(event="opened", kind="demo", source="demo"),
        Report(event="lost", reason="why", sentence="It: why"),
    ]
    for report in written:
        ReportWriter(stream).write(report)
    stream.close()
    assert [reader.next(5) for _ in written] == written
    with pytest.raises(EOFError):
        reader.next(5)


def test_silence_is_none_and_so_is_what_is_no_report(ends: Ends) -> None:
    reader, stream = ends
    assert reader.next(0) is None
    stream.write("a library's remark\n")
    stream.write('{"event":"read"')
    stream.flush()
    assert reader.next(5) is None
    assert reader.next(0) is None
    stream.write("}\n")
    stream.flush()
    assert reader.next(5) == Report(event="read")


def test_images_are_reported_now_and_then(ends: Ends) -> None:
    reader, stream = ends
    writer = ReportWriter(stream)
    for _ in range(1_000):
        writer.read()
    assert reader.next(5) == Report(event="read")
    writer.write(Report(event="ended"))
    rest = [report.event for report in iter(lambda: reader.next(0), None)]
    assert rest[-1] == "ended"
    assert len(rest) < 100


def test_that_nobody_listens_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    ReportWriter(stream).write(Report(event="read"))
    with pytest.raises(BrokenPipeError):
        stream.close()
