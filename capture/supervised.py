"""One camera's process: started, watched, ended when it is silent, and started again."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Final, cast

from capture.pacing import backoff_delays
from capture.reports import Report, ReportReader
from capture.states import CameraHealth
from capture.turns import Turn, Turns
from contracts.cameras import CameraSettings, CameraStatus
from contracts.logs import log_context
from contracts.unknown_settings import unknown_settings

CHILD: Final = (sys.executable, *(("-P",) if sys.flags.safe_path else ()), "-m", "capture.child")
"""With `-P` if this process has it, as in containers: no module is taken from the folder where it runs."""
_LOOK_EVERY_S: Final = 0.25
_GRACE_S: Final = 2.0
"""For a process to end by itself."""
_SILENT: Final = Report(event="lost", reason="it is silent")
"""In place of the last words of a process that has to be ended. What is wrong is told already."""

logger = logging.getLogger(__name__)


class SupervisedCamera:
    """A thread that keeps the process of one camera running.

    Args:
        camera: which.
        on_change: is called when the camera's state has changed.
        on_failure: is given the last words of a process that ends with a mistake, and says whether that is final.
        command: of the process.
        delays: a fresh series of seconds to wait before each further attempt.
        clock: gives seconds that never go back.
        turns: of all cameras; each waits for its own to start a process.
    """

    def __init__(
        self,
        camera: CameraSettings,
        *,
        on_change: Callable[[], None] = lambda: None,
        on_failure: Callable[[Report, bool], bool] = lambda _, __: False,
        command: Sequence[str] = CHILD,
        delays: Callable[[], Iterator[float]] = backoff_delays,
        clock: Callable[[], float] = time.monotonic,
        turns: Turns | None = None,
    ) -> None:
        self.camera = camera
        self._on_change, self._on_failure = on_change, on_failure
        self._command = command
        self._delays = delays
        self._turns = turns or Turns()
        self._health = CameraHealth(camera, clock, time.time)
        self._source = camera.source
        self._was_live = False
        self._told: set[str | None] = set()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name=f"camera {camera.name}", daemon=True)

    @property
    def status(self) -> CameraStatus:
        """How the camera is."""
        return self._health.status

    @property
    def pid(self) -> int | None:
        """Of the process that runs now, or ran last."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, and from now on restart it."""
        self._thread.start()

    def stop(self) -> None:
        """Restart the process no more, and end it. Returns at once."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _supervise(self) -> None:
        delays = self._delays()
        with log_context(camera=self.camera.name):
            while self._try() and not self._stopping.is_set():
                if self._health.recovered:
                    delays, self._health.recovered = self._delays(), False
                self._stopping.wait(next(delays))

    def _try(self) -> bool:
        turn = self._turns.take(self._stopping.is_set)
        if turn is None:
            return False
        try:
            return self._run_once(turn)
        except OSError as error:  # no memory, no process, no descriptor: there may be one later
            self._changed(self._health.ended, f"no process can be started for it ({error.strerror})")
            return True
        finally:
            turn.give_back()

    def _run_once(self, turn: Turn) -> bool:
        """Run one process until it ends; the turn is over as soon as it has said something.

        Returns:
            Whether to start another one.
        """
        process = self._launch()
        reports, last = ReportReader(cast(IO[bytes], process.stdout)), None
        self._health.started()
        try:
            last = self._follow(reports, turn)
        finally:
            self._end(process)
            reports.close()
        if self._stopping.is_set():
            return False
        if last is None:
            self._changed(self._health.ended, f"its process has ended unexpectedly ({_ending(process.returncode)})")
        elif last is not _SILENT:
            self._changed(self._health.ended, last.reason)
        return last is None or not (last.event == "ended" or self._on_failure(last, self._was_live))

    def _launch(self) -> "subprocess.Popen[bytes]":
        self._process = process = subprocess.Popen(  # noqa: S603
            self._command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        described = self.camera.model_dump() | {"source": self._source}
        stdin = cast(IO[bytes], process.stdin)
        with suppress(OSError):  # it has ended already
            stdin.write(json.dumps(described).encode() + b"\n")
            stdin.flush()
        return process

    def _follow(self, reports: ReportReader, turn: Turn) -> Report | None:
        """Follow the process until it ends, is silent for too long, or is to be stopped.

        Returns:
            Its last words; none if it had none.
        """
        while not self._stopping.is_set():
            try:
                report = reports.next(_LOOK_EVERY_S)
            except EOFError:
                return None
            if report or turn.is_over():
                turn.give_back()
            if report is None:
                if self._changed(self._health.is_silent):
                    return _SILENT
            elif report.event == "opening":
                self._health.opening()
            elif report.event == "opened":
                self._health.opened()
                self._health.kind = report.kind
                self._source = report.source or self._source
            elif report.event == "read":
                self._was_live = True
                self._changed(self._health.read)
            else:
                return report
        return None

    def _changed(self, step: Callable[..., bool | None], *arguments: str) -> bool:
        """Take a step that may change the state; say so once if it does."""
        before = self._health.status
        answer = step(*arguments)
        after = self._health.status
        if (before.state, before.reason) != (after.state, after.reason):
            self._say(after)
            self._on_change()
        return bool(answer)

    def _say(self, status: CameraStatus) -> None:
        if status.state == "live":
            logger.log(logging.WARNING if self._told else logging.INFO, "The camera is live.")
            self._told.clear()
        elif status.reason not in self._told:
            self._told.add(status.reason)
            logger.warning("The camera is %s. %s", status.state, status.reason)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process: at once if it is silent, after a moment if it can be asked."""
        if self._stopping.is_set():
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
        elif self._health.status.state == "stalled":
            process.kill()
        else:  # it has said its last words
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
        process.kill()
        process.wait()
        if process.stdin:
            with suppress(OSError):
                process.stdin.close()


def _environment() -> dict[str, str]:
    """Without what looks like a setting and is none, which this process has pointed out.

    NumPy's linear algebra, which no camera needs, would start a thread a core in each process.
    """
    unknown = unknown_settings(os.environ)
    known = {name: value for name, value in os.environ.items() if name not in unknown}
    return {"OPENBLAS_NUM_THREADS": "1"} | known


def _ending(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
