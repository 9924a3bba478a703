"""What is written past the logging, a line of JSON each as well: by C libraries, by Celery, by Python as it warns.

For ``MIEN_LOG_FORMAT=json``: the standard output and error streams become pipes, which a thread of this process reads.
Of a command that answers whoever typed it that is the error stream alone.
A line that is a JSON object goes on as it is, any other inside one, as event of the logger ``stdout`` or ``stderr``.
The process's own log lines take no such way; and what a library writes while it ends the process may be lost.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final, TextIO

_STREAMS: Final = {1: "stdout", 2: "stderr"}
_LAST_S: Final = 2.0
"""For what is in the pipes at the end; a child that lives on may hold them open."""


def as_json(text: str, role: str, logger: str) -> str:
    """A line of JSON: the text itself if it is one already.

    Args:
        text: a line.
        role: of the process.
        logger: what stands for where it comes from.
    """
    if text.startswith("{"):
        with suppress(ValueError):
            if isinstance(json.loads(text), dict):
                return text
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": time, "level": "info", "role": role, "logger": logger, "event": text}
    return json.dumps(line, ensure_ascii=False)


@contextmanager
def every_line_as_json(role: str, streams: Collection[int] = (1, 2)) -> Iterator[TextIO]:
    """Put streams of the process through this, until the block ends; gives the error stream as it was before.

    Args:
        role: of the process.
        streams: numbers of those, the error stream (2) among them.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    before = {number: os.dup(number) for number in streams}
    threads = [_redirect(number, before[number], role) for number in streams]
    process = os.getpid()
    try:
        with os.fdopen(os.dup(before[2]), "w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
    finally:
        if os.getpid() == process:  # and no fork of it, whose last lines are to go through the pipes as well
            _restore(before, threads)


def _restore(before: Mapping[int, int], threads: Iterable[threading.Thread]) -> None:
    for number, was in before.items():
        with suppress(OSError, ValueError):
            getattr(sys, _STREAMS[number]).flush()
        os.dup2(was, number)  # which closes this process's end of the pipe
        os.close(was)
    for thread in threads:
        thread.join(_LAST_S)


def _redirect(number: int, to: int, role: str) -> threading.Thread:
    reading, writing = os.pipe()
    to = os.dup(to)
    os.dup2(writing, number)
    os.close(writing)

    def write(line: bytes) -> None:
        text = line.decode(errors="backslashreplace").rstrip("\r\n")
        if text.strip():
            os.write(to, as_json(text, role, _STREAMS[number]).encode() + b"\n")

    thread = threading.Thread(target=_pump, args=(reading, to, write), name=f"lines of {_STREAMS[number]}", daemon=True)
    thread.start()
    return thread


def _pump(reading: int, to: int, write: Callable[[bytes], None]) -> None:
    with os.fdopen(reading, "rb") as lines, os.fdopen(to, "wb", 0):
        for line in lines:
            with suppress(OSError):  # the disk is full, or nobody reads: forks that write to the pipe wait for nobody
                write(line)
