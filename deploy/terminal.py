"""One terminal for many processes: every line begins with the time and the name of its process."""

import datetime
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from contracts.plain_lines import as_json

_NAME_WIDTH = 9
"""Characters; the longest name is `worker.10`."""


class Terminal:
    """Prints whole lines, each with the time and the name of its process, in the process's colour.

    For machines a line of JSON each, as the processes write theirs; what is none yet is put into one.
    """

    def __init__(self, output: TextIO, *, for_machines: bool = False) -> None:
        self._for_machines = for_machines
        self._output = output
        self._printer = Printer(output, width=_NAME_WIDTH)
        self._colours = get_colours()
        self._colour_of: dict[str, str] = {}
        self._lock = threading.Lock()

    def writer(self, name: str) -> Callable[[str], None]:
        """A function that prints lines under this name, in a colour of its own."""
        self._colour_of[name] = next(self._colours)
        return lambda text: self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Print the lines of the text under this name."""
        if self._for_machines:
            self.show("\n".join(as_json(line, name, "output") for line in text.splitlines() if line.strip()))
            return
        now = datetime.datetime.now()
        line = Message(type="line", data=text, time=now, name=name, colour=self._colour_of.get(name))
        with self._lock, suppress(OSError, ValueError):  # the terminal may be closed before the last process ends
            self._printer.write(line)

    def show(self, text: str) -> None:
        """Print a text as it is."""
        if not text:
            return
        with self._lock, suppress(OSError, ValueError):
            print(text, file=self._output, flush=True)
