"""A job in a process of its own: ``python -m workers.alone ID``.

A job that a worker began and did not finish may be what ended it. The next time nothing runs beside it: what ends this
process costs neither the worker that started it nor another job. `LoneJobs` belongs to the worker,
`main` to the process.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from contracts.logs import log_context
from contracts.process import EXIT_FAILURE, run_process
from contracts.settings import Settings
from workers.jobs import analyze_job
from workers.periodic import Periodic, renew_leases
from workers.services import build_services

_COMMAND: Final = (sys.executable, "-m", "workers.alone")
_START_S: Final = 60.0
"""For importing libraries and loading models on a machine that has little time for it."""

logger = logging.getLogger(__name__)


class LoneJobs:
    """Runs jobs in processes of their own, one at a time: memory is needed for one more set of models. Thread-safe."""

    def __init__(self, time_limit_s: float, command: Sequence[str] = _COMMAND) -> None:
        """Prepare, and start nothing.

        Args:
            time_limit_s: seconds that a job may take; the process heeds it by itself, and is killed if it does not.
            command: what to run; the id of the job is appended.
        """
        self._longest_s = time_limit_s + _START_S
        self._command = command
        self._one_at_a_time = threading.Lock()

    def run(self, job_id: str) -> str:
        """Let a process claim and analyse the job, and wait for its end. The attempt counts from its claim on.

        Returns:
            What became of it, for the log. If the process dies, the job is announced again when its lease has run out.
        """
        with self._one_at_a_time:
            # On the processor: the worker has taken the memory of the graphics card.
            environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
            with subprocess.Popen(  # noqa: S603
                [*self._command, job_id], stdin=subprocess.PIPE, env=environment, start_new_session=True
            ) as process:
                try:
                    status = process.wait(self._longest_s)
                except subprocess.TimeoutExpired:
                    process.kill()
                    status = process.wait()
        if status:
            logger.error("job %s ran alone, and its process ended with status %d", job_id, status)
            return f"alone: ended with {status}"
        return "alone: done"


def main(argv: Sequence[str]) -> int:
    """Analyse the job whose id is the only argument. Returns the exit status."""
    return run_process("worker", lambda settings: run(settings, argv[0]))


def run(settings: Settings, job_id: str) -> None:
    """Claim and analyse one job, and end."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    import cv2

    cv2.setNumThreads(1)
    services = build_services(settings)
    leases = Periodic("leases", settings.lease_s / 4, lambda: renew_leases(services))
    leases.start()
    try:
        with log_context(job_id=job_id):
            analyze_job(services, job_id, alone=True)
    finally:
        leases.stop()
        services.close()


def _end_with_parent() -> None:
    """End when the standard input does: the worker that started this process is dead, and its job taken by another."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(EXIT_FAILURE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
