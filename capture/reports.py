"""What the process of a camera tells its supervisor: lines of JSON."""

import os
import selectors
import threading
import time
from collections import deque
from contextlib import suppress
from typing import IO, Final, Literal, TextIO

from pydantic import ValidationError

from contracts.results import Message

Event = Literal["opening", "opened", "read", "unusable", "lost", "failed", "ended"]
"""`opening` and `opened`: the source. `read`: images have come. The others are the last words of the process: the
source cannot be opened; a device or an address sends nothing any more; a file or a folder has gone; what is shown once
has been."""
READ_EVERY_S: Final = 0.2
"""How often a process says at most that images come."""


class Report(Message):
    """One line."""

    event: Event
    kind: str = ""
    source: str = ""
    """What means the same source from now on, where it was left open before."""
    reason: str = ""
    """For people who see the camera: names neither path nor address."""
    sentence: str = ""
    """For the operator."""


class ReportWriter:
    """Writes reports, and not too many of them."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a pipe."""
        self._stream = stream
        self._lock = threading.Lock()
        self._read_at = float("-inf")

    def write(self, report: Report) -> None:
        """Write one. That nobody listens any more is noticed elsewhere."""
        with suppress(OSError), self._lock:
            self._stream.write(report.model_dump_json(exclude_defaults=True) + "\n")
            self._stream.flush()

    def read(self) -> None:
        """Say that an image has come, unless it was said a moment ago."""
        now = time.monotonic()
        if now >= self._read_at + READ_EVERY_S:
            self._read_at = now
            self.write(Report(event="read"))


class ReportReader:
    """Reads them, and waits no longer than it is told to."""

    def __init__(self, pipe: IO[bytes]) -> None:
        """Read from a pipe."""
        self._pipe = pipe
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._selector = selectors.DefaultSelector()
        self._selector.register(pipe, selectors.EVENT_READ)

    def next(self, timeout_s: float) -> Report | None:
        """The next report; none if none comes in time, or what comes is none.

        Raises:
            EOFError: the process has ended.
        """
        if not self._lines:
            self._fill(timeout_s)
        if not self._lines:
            return None
        try:
            return Report.model_validate_json(self._lines.popleft())
        except ValidationError:  # something else has written there
            return None

    def close(self) -> None:
        """Close the pipe."""
        self._selector.close()
        self._pipe.close()

    def _fill(self, timeout_s: float) -> None:
        if not self._selector.select(timeout_s):
            return
        data = os.read(self._pipe.fileno(), 65_536)
        if not data:
            raise EOFError
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-65_536:]
        self._lines.extend(lines)
