"""Child processes that are kept running.

honcho reads Procfile.local and colours the output, and its manager would start the processes as well. It ends all of
them as soon as one ends, so a worker that crashes would take the gateway with it; it restarts none, and it cannot end
Redis after the processes that use it. So the supervisor is our own.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import IO, Final

from contracts.process import EXIT_CONFIGURATION, PROJECT, restart_delays

_STABLE_S = 30.0
"""A process that has run this long before it ended is restarted without delay, as after its first end."""
DELAYS: Final = partial(restart_delays, 30.0)
"""Seconds before each restart: half a minute at most."""


class SupervisedProcess:
    """A child process that is restarted whenever it ends, until `terminate`.

    It leads a process group of its own: Ctrl-C in a terminal does not reach it, so that the order of stopping is ours,
    and what it has started itself ends with it. Files that it makes can be read by this user only. One that cannot
    start for a wrong setting is not restarted if a caller wants to be told of that, because it would end in the same
    way again. One that has ended for another reason before is: the setting was right, and what it names may come back.

    Args:
        name: for people, and for the thread that waits for the process.
        command: program and arguments.
        environment: the whole environment of the process.
        output: is given each line that the process prints, and what the supervisor does with it.
        on_wrong_setting: is given the last sentence of a process whose first end is with `EXIT_CONFIGURATION`; without
            it that status means nothing, as of programs that are not Mien's.
        delays: a fresh series of seconds to wait before each restart.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Callable[[str], None],
        *,
        on_wrong_setting: Callable[[str], None] | None = None,
        delays: Callable[[], Iterator[float]] = DELAYS,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._environment = dict(environment)
        self._output = output
        self._on_wrong_setting = on_wrong_setting
        self._delays = delays
        self._last_line = ""
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._supervision = threading.Thread(target=self._supervise, name=name, daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the process that runs now, or ran last."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, and from now on restart it."""
        self._supervision.start()

    def terminate(self) -> None:
        """Send SIGTERM, and restart it no more. Returns at once."""
        with self._starting:
            self._stopping.set()
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended for good within the time."""
        if self._supervision.ident is not None:
            self._supervision.join(max(0.0, seconds))
        return not self._supervision.is_alive()

    def kill(self) -> None:
        """End it and all that it started with SIGKILL."""
        self._signal(signal.SIGKILL)
        self.wait(5)

    def _supervise(self) -> None:
        delays, started_before = self._delays(), False
        while process := self._launch():
            began = time.monotonic()
            relay = threading.Thread(target=self._relay, args=(process.stdout,), daemon=True)
            relay.start()
            status = process.wait()
            self._kill_group(process.pid)
            relay.join()
            if self._stopping.is_set():
                return
            if status == EXIT_CONFIGURATION and self._on_wrong_setting is not None and not started_before:
                self._on_wrong_setting(_sentence(self._last_line) or f"{self.name} cannot start.")
                return
            started_before = True
            if time.monotonic() - began > _STABLE_S:
                delays = self._delays()
            self._output(f"{_ending(status)}; it is started again.")
            self._stopping.wait(next(delays))

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
                umask=0o077,
            )
            return self._process

    def _relay(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._last_line = line.strip() or self._last_line
                self._output(line.rstrip("\n"))

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process and process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)

    @staticmethod
    def _kill_group(group: int) -> None:
        """What a process leaves behind when it is killed, such as a server's own children, would hold its port."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def stop_all(processes: Sequence[SupervisedProcess], grace_s: float, kill_now: threading.Event) -> None:
    """Terminate all, wait for them together, and kill those that take longer.

    Args:
        processes: started or not.
        grace_s: seconds that they have in all to finish what they have begun.
        kill_now: once it is set, the rest of the time is not waited for.
    """
    for process in processes:
        process.terminate()
    limit = time.monotonic() + grace_s
    while not kill_now.is_set() and time.monotonic() < limit:
        if all(process.wait(0.05) for process in processes):
            return
    for process in processes:
        process.kill()


def _sentence(line: str) -> str:
    """What `run_process` said in its last line, in either form of the log."""
    if line.startswith("{"):
        with suppress(ValueError, KeyError):
            return str(json.loads(line)["event"])
    return line.removeprefix(f"{PROJECT} ")


def _ending(status: int) -> str:
    if status >= 0:
        return f"Ended with status {status}"
    return f"Ended by {signal.Signals(-status).name}"
