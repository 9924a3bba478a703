"""``python -m workers --gpus``: a worker process a GPU, kept running.

A process has one GPU, because a library that computes has one queue of work a process, and its memory is its own: one
that runs out of it, or dies of a fault of the driver, takes no other along. All of them take from the same queues, as
workers on several machines do.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Final

from contracts.errors import ConfigurationError
from contracts.gpus import VISIBLE, Gpu, NvidiaSmi, visible_here
from contracts.process import EXIT_CONFIGURATION, restart_delays
from contracts.settings import Settings
from contracts.unknown_settings import unknown_settings
from workers.gpus.choice import Wanted, check, choose
from workers.gpus.processors import bind_thread, shares_here

WORKER: Final = (sys.executable, *(("-P",) if sys.flags.safe_path else ()), "-m", "workers", "--supervised")
"""With `-P` if this process has it, as in containers: no module is taken from the folder where it runs."""
_STABLE_S: Final = 60.0
"""One that has run this long before it ended is started again at once; it has loaded its networks by then."""
DELAYS: Final = partial(restart_delays, 60.0)
"""Seconds before each restart: a minute at most."""

logger = logging.getLogger(__name__)


class GpuWorker:
    """A thread that keeps the worker of one GPU running.

    Args:
        gpu: which.
        processors: that it runs on; empty: on all.
        on_wrong_setting: is called when its first process ends because it cannot start as it is configured. One that
            has ended for another reason before is started again: what the settings name may come back.
        command: of the process.
        delays: a fresh series of seconds to wait before each restart.
    """

    def __init__(
        self,
        gpu: Gpu,
        processors: set[int],
        *,
        on_wrong_setting: Callable[[Gpu], None],
        command: Sequence[str] = WORKER,
        delays: Callable[[], Iterator[float]] = DELAYS,
    ) -> None:
        self.gpu = gpu
        self._processors = processors
        self._on_wrong_setting = on_wrong_setting
        self._command = command
        self._delays = delays
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name=f"worker of GPU {gpu.index}", daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the process that runs now, or ran last."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, and from now on restart it."""
        self._thread.start()

    def terminate(self) -> None:
        """Send SIGTERM, on which a worker finishes what it has begun, and restart it no more. Returns at once."""
        with self._starting:
            self._stopping.set()
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _supervise(self) -> None:
        self._bind()
        delays, started_before = self._delays(), False
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._run()
            if self._stopping.is_set():
                if status not in {None, 0, -signal.SIGTERM}:  # by that signal ends one that has not begun anything
                    logger.warning("the worker of %s has %s", self.gpu.label, _ending(status))
                return
            if status == EXIT_CONFIGURATION and not started_before:
                self._on_wrong_setting(self.gpu)
                return
            started_before = started_before or status is not None
            if time.monotonic() - began > _STABLE_S:
                delays = self._delays()
            delay_s = next(delays)
            when = f"in {delay_s:g} s" if delay_s else "at once"
            logger.warning("the worker of %s has %s; it is started again %s", self.gpu.label, _ending(status), when)
            self._stopping.wait(delay_s)

    def _bind(self) -> None:
        """Bind this thread, and with it the processes that it starts; where that is forbidden, all run anywhere."""
        try:
            bind_thread(self._processors)
        except OSError as error:
            logger.warning("the worker of %s runs on all processors: %s", self.gpu.label, error)

    def _run(self) -> int | None:
        """Run the process to its end, and give its status; none if it could not be started, as without memory."""
        try:
            process = self._launch()
        except OSError as error:
            logger.error("the worker of %s could not be started: %s", self.gpu.label, error)
            return None
        if process is None:
            return None
        with process:
            return process.wait()

    def _launch(self) -> "subprocess.Popen[bytes] | None":
        with self._starting:
            if self._stopping.is_set():
                return None
            # Nothing is written to it: it ends when this process does, whatever ends that.
            self._process = subprocess.Popen(  # noqa: S603
                self._command, env=_environment(os.environ, self.gpu), stdin=subprocess.PIPE
            )
            return self._process


def supervise(settings: Settings, wanted: Wanted) -> None:
    """Run a worker a GPU until SIGTERM or SIGINT, and until each has finished what it has begun.

    Args:
        settings: of all of them; they read them again.
        wanted: what ``--gpus`` says.

    Raises:
        ConfigurationError: the GPUs are not there, or a worker cannot start as it is configured.
    """
    check(settings)
    gpus = choose(wanted, NvidiaSmi().gpus(), visible_here())
    run_workers(gpus)


def run_workers(gpus: Sequence[Gpu], command: Sequence[str] = WORKER) -> None:
    """Run a worker for each of these, as `supervise` does; `command` is that of the processes."""
    stop, wrong = threading.Event(), list[Gpu]()

    def end(gpu: Gpu) -> None:
        wrong.append(gpu)
        stop.set()

    workers = [
        GpuWorker(gpu, processors, on_wrong_setting=end, command=command)
        for gpu, processors in zip(gpus, shares_here(len(gpus)), strict=True)
    ]
    with _told_to_stop(stop):
        logger.info("a worker each for %s", ", ".join(f"{gpu.label} (driver {gpu.driver})" for gpu in gpus))
        for worker in workers:
            worker.start()
        stop.wait()
        logger.info("the workers finish what they have begun")
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
    if wrong:
        raise ConfigurationError(
            f"The worker of {wrong[0].label} cannot start as it is configured; it has said why above."
        )


@contextmanager
def _told_to_stop(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set this. Ctrl-C reaches the workers as well, as they are of the same group of processes."""

    def handle(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _environment(environment: Mapping[str, str], gpu: Gpu) -> dict[str, str]:
    """Without what looks like a setting and is none, which this process has pointed out."""
    unknown = unknown_settings(environment)
    return {name: value for name, value in environment.items() if name not in unknown} | {VISIBLE: gpu.uuid}


def _ending(status: int | None) -> str:
    if status is None:
        return "not been started"
    return f"ended with status {status}" if status >= 0 else f"been ended by {signal.Signals(-status).name}"
