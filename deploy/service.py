"""A process that is kept running."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO

from capture.pacing import growing_pauses

_SETTLED_S = 30.0
"""A process that has run this long before it died is started again at once, as if it had never died before."""


class Service:
    """A child process that is started again whenever it ends, until `stop`.

    It leads a process group of its own: Ctrl-C in a terminal does not reach it, so that the order of stopping is
    ours, and whatever it has started itself ends with it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        say: Callable[[str], None],
        *,
        pauses: Callable[[], Iterator[float]] = growing_pauses,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._environment = dict(environment)
        self._say = say
        self._pauses = pauses
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the process that runs now, or ran last."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, and from now on keep it running."""
        self._keeper.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and start it no more. Returns at once."""
        with self._starting:
            self._stopping.set()
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended within the time."""
        if self._keeper.ident is not None:
            self._keeper.join(max(0.0, seconds))
        return not self._keeper.is_alive()

    def kill(self) -> None:
        """End it and all that it started, without asking."""
        self._signal(signal.SIGKILL)
        self.wait(5)

    def _keep(self) -> None:
        pauses = self._pauses()
        while process := self._launch():
            began = time.monotonic()
            relay = threading.Thread(target=self._relay, args=(process.stdout,), daemon=True)
            relay.start()
            status = process.wait()
            self._sweep(process.pid)
            relay.join()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _SETTLED_S:
                pauses = self._pauses()
            self._say(f"{_ending(status)}; it is started again.")
            self._stopping.wait(next(pauses))

    def _launch(self) -> "subprocess.Popen[str] | None":
        with self._starting:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            return self._process

    def _relay(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._say(line.rstrip("\n"))

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process and process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)

    @staticmethod
    def _sweep(group: int) -> None:
        """What a process leaves behind when it is killed, such as a server's own children, would hold its port."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def stop_all(services: Sequence[Service], grace_s: float, hurry: threading.Event) -> None:
    """Ask all to stop, wait for them together, and kill those that take longer; at once when `hurry` is set."""
    for service in services:
        service.ask_to_stop()
    limit = time.monotonic() + grace_s
    while not hurry.is_set() and time.monotonic() < limit:
        if all(service.wait(0.05) for service in services):
            return
    for service in services:
        service.kill()


def _ending(status: int) -> str:
    if status >= 0:
        return f"Ended with status {status}"
    return f"Ended by {signal.Signals(-status).name}"
