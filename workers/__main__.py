"""``python -m workers``: one worker process, until SIGTERM; then it finishes what it has begun.

With ``--gpus`` a process that runs such a worker for each GPU.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence

# OpenCV's own warnings about damaged images are not for our log. What libjpeg and libpng say of them, a short line
# without content, goes to the standard error past it, whatever the level.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_ready, worker_shutting_down

from contracts.process import run_process
from contracts.queues import analyses
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from workers.gpus.choice import parse
from workers.priority import lower_priority


def main(argv: Sequence[str] | None = None) -> int:
    """Load the models, then take messages. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m workers",
        description="Run one worker, which analyses photos and frames and delivers webhooks, until SIGTERM. With "
        "MIEN_WORKER_QUEUES=webhooks it only delivers webhooks, and loads no networks.",
        epilog="Settings are read from the environment; docs/settings.md lists them.",
    )
    parser.add_argument(
        "--gpus", type=parse, metavar="all|0,1,…", help="run a worker for each of these GPUs instead (docs/gpu.md)"
    )
    parser.add_argument(
        "--supervised", action="store_true", help="end as on SIGTERM when the standard input does; --gpus starts these"
    )
    options = parser.parse_args(argv)
    gpus = options.gpus
    if gpus is None:
        if options.supervised:
            threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        return run_process("worker", run)
    from workers.gpus.supervisor import supervise

    return run_process("worker", lambda settings: supervise(settings, gpus))


def run(settings: Settings) -> None:
    """Run a worker with these settings until it is told to stop."""
    if settings.log_level == "info":
        _limit_library_logs()
    lower_priority(settings.worker_queues)  # before anything starts threads, as NumPy does when it is imported
    if analyses(settings.worker_queues):
        _limit_opencv()

    from workers.app import create_app, register_tasks
    from workers.gpus.device import find_device
    from workers.periodic import PeriodicTasks
    from workers.services import build_services

    services = build_services(settings, find_device)
    app = create_app(settings)
    register_tasks(app, services)
    dispatcher = Dispatcher(settings)
    periodic = PeriodicTasks(services, dispatcher)
    worker_ready.connect(lambda sender, **_: periodic.start(sender.connect_anew, sender.when_connected), weak=False)
    worker_shutting_down.connect(lambda **_: services.attention.end(), weak=False)
    try:
        _consume(app, settings, services.name)
    finally:
        periodic.stop()
        services.close()
        dispatcher.close()


def _end_with_parent() -> None:
    """End when whoever started this process has: the next one would start another worker for the same GPU."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _limit_opencv() -> None:
    """The threads of the pool are the parallelism; OpenCV's own would compete with them."""
    import cv2

    cv2.setNumThreads(1)


def _limit_library_logs() -> None:
    """Keep Celery's two lines a task out of the log: a camera alone would write thirty a second."""
    for name in ("celery.worker.strategy", "celery.worker.request", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Whether the worker may be root is the container's business; its messages are JSON, so nothing is unpickled.
    warnings.filterwarnings("ignore", category=SecurityWarning)


def _consume(app: Celery, settings: Settings, name: str) -> None:
    """Take messages until told to end.

    Raises:
        SystemExit: with the status, if it ended for another reason. Celery's command line would lose it.
    """
    worker = app.Worker(
        pool_cls="threads",
        concurrency=settings.worker_threads,
        queues=settings.worker_queues,
        hostname=f"worker@{name}",
        loglevel=settings.log_level,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)


if __name__ == "__main__":
    sys.exit(main())
