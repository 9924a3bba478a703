"""Jobs that a worker began and did not finish: each in a process that runs nothing else, `workers.isolated_process`."""

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

_COMMAND: Final = (sys.executable, "-m", "workers.isolated_process", "--")
"""Ids that other releases gave may begin with a hyphen; behind ``--`` nothing is an option."""
EXIT_AWAY: Final = 75
"""Exit status of such a process when Redis was away (``EX_TEMPFAIL``): the job has nothing to do with that."""
_START_S: Final = 60.0
"""For importing libraries and loading models on a machine that has little time for it."""

logger = logging.getLogger(__name__)


class Ended(NamedTuple):
    """How a process ended."""

    text: str
    """What became of the job, for the log."""
    failed: bool = False
    """Whether something ended the process, or there was no memory to start it: it may not have come to its claim."""


class IsolatedJobs:
    """Runs jobs in processes of their own, one at a time: memory is needed for one more set of models. Thread-safe.

    They compute on the processor, with LiteRT, whatever their worker computes with: they start within a second then,
    and need no graphics card. A network that has no file for LiteRT does not answer there; see `workers.networks`.

    A thread does not wait for the process of another: all threads of a worker might, and serve nothing meanwhile.
    """

    def __init__(self, time_limit_s: float, command: Sequence[str] = _COMMAND) -> None:
        """Prepare, and start nothing.

        Args:
            time_limit_s: seconds that a job may take; the process heeds it by itself, and is killed if it does not.
            command: what to run; the id of the job is appended.
        """
        self._longest_s = time_limit_s + _START_S
        self._command = command
        self._one_at_a_time = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether one runs now."""
        return self._one_at_a_time.locked()

    def run(self, job_id: str) -> Ended:
        """Let a process claim and analyse the job, and wait for its end. The attempt counts from its claim on.

        Returns:
            What became of it. While another runs, nothing does: the reconciler puts the job back into its queue. If the
            process dies, that happens when its lease has run out.
        """
        if not self._one_at_a_time.acquire(blocking=False):
            return Ended("isolated: another runs")
        try:
            status = self._wait_for_process(job_id)
        except OSError as error:
            logger.error("the isolated process of job %s could not be started: %s", job_id, error)
            return Ended("isolated: not started", failed=error.errno == errno.ENOMEM)
        finally:
            self._one_at_a_time.release()
        if status:
            logger.error("the isolated process of job %s ended with status %d", job_id, status)
            return Ended(f"isolated: ended with {status}", failed=status != EXIT_AWAY)
        return Ended("isolated: done")

    def _wait_for_process(self, job_id: str) -> int:
        # The worker has taken the memory of the graphics card, and Keras would take half a minute to start.
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "MIEN_RUNTIME": "litert"}
        with subprocess.Popen(  # noqa: S603
            [*self._command, job_id], stdin=subprocess.PIPE, env=environment, start_new_session=True
        ) as process:
            try:
                return process.wait(self._longest_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()
