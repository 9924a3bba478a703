"""A job in a process of its own: ``python -m workers.isolated_process ID``.

A job that a worker began and did not finish may be what ended it. The next time nothing runs beside it: what ends this
process costs neither the worker that started it (`workers.isolated_jobs`) nor another job.
"""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import closing

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.logs import log_context
from contracts.process import EXIT_FAILURE, run_process
from contracts.settings import Settings
from workers.isolated_jobs import EXIT_AWAY
from workers.jobs import analyze_isolated_job
from workers.periodic import Periodic, renew_leases
from workers.services import build_services

logger = logging.getLogger(__name__)


def main(argv: Sequence[str]) -> int:
    """Analyse the job whose id is the only argument. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m workers.isolated_process",
        description="Analyse one job and end; a worker starts this, and ends it by closing its standard input.",
    )
    parser.add_argument("job", metavar="ID", help="of the job")
    job_id = parser.parse_args(argv).job
    return run_process("worker", lambda settings: run(settings, job_id))


def run(settings: Settings, job_id: str) -> None:
    """Claim and analyse one job, and end."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    import cv2

    cv2.setNumThreads(1)
    services = build_services(settings)
    leases = Periodic("leases", settings.lease_s / 4, lambda: renew_leases(services))
    with closing(services), leases, log_context(job_id=job_id):
        try:
            analyze_isolated_job(services, job_id)
        except (BrokerUnavailable, Overloaded) as error:
            logger.warning("the job is left to its lease: %s", error)
            raise SystemExit(EXIT_AWAY) from None


def _end_with_parent() -> None:
    """End when the standard input does: the worker that started this process is dead, and its job taken by another."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(EXIT_FAILURE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
