"""Celery's monitor, behind a password and for reading only: ``python -m deploy.flower``.

Flower's own command is not used: it takes options from variables (``FLOWER_…``) and from a file in the working folder,
which could open what `deploy.flower_guard` closes.
"""

import argparse
import logging
import secrets
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from celery import Celery

from contracts.process import run_process
from contracts.queues import broker_options
from contracts.settings import Settings
from contracts.storage.sentinels import asking_once

if TYPE_CHECKING:
    from deploy.flower_guard import GuardedFlower

_TASKS_KEPT = 10_000
"""Flower's own limit is ten times as many, which is hundreds of megabytes."""
_FORGOTTEN_AFTER_S = 600
"""So long a worker that is gone stays listed, as offline: each new one has another name."""
_TASKS_COLUMNS: Final = "name,args,state,result,received,runtime,worker"
"""A task is a batch of jobs: its argument is the queue, its result how many jobs and images."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run Flower until a signal ends it. Returns the exit status."""
    argparse.ArgumentParser(
        prog="python -m deploy.flower",
        description="Run Flower, Celery's monitor, behind a password, until SIGTERM.",
        epilog="Settings are read from the environment; docs/settings.md lists them.",
    ).parse_args(argv)
    return run_process("flower", run)


def run(settings: Settings) -> None:
    """Run Flower as the settings say, until a signal ends it."""
    password = settings.flower_password
    if not password:
        password = new_password()
        print(f"Flower's user is {settings.flower_user}, its password {password}.", flush=True)
    if settings.log_level == "info":
        # Flower asks the workers before they are up, and calls it a failure, four times at every start.
        logging.getLogger("flower.inspector").setLevel(logging.ERROR)
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # it would tell of every request that is refused
    signal.signal(signal.SIGTERM, _end)
    flower = make_flower(settings, f"{settings.flower_user}:{password}")
    flower.start_http_server()
    try:
        flower.start()
    except (KeyboardInterrupt, SystemExit):
        flower.stop()


def make_flower(settings: Settings, credentials: str) -> "GuardedFlower":
    """Flower, ready to be started.

    Args:
        settings: of this process.
        credentials: user and password, separated by a colon.
    """
    from flower.options import options
    from flower.urls import settings as of_tornado
    from tornado.ioloop import IOLoop

    from deploy.flower_events import SteadyEvents
    from deploy.flower_guard import GuardedFlower

    app = Celery("mien", set_as_current=False)
    # A connection for each question instead of a pool: one that is kept is dead when Redis has been restarted, and
    # Flower would ask through it for ever.
    app.conf.update(asking_once(broker_options(settings)), broker_pool_limit=0)
    options.address = settings.host
    options.port = settings.flower_port
    options.max_tasks = _TASKS_KEPT
    options.tasks_columns = _TASKS_COLUMNS
    options.purge_offline_workers = _FORGOTTEN_AFTER_S
    options.read_only = True  # its pages show no buttons then; the guard refuses whatever they would ask for
    options.basic_auth = [credentials]
    events = SteadyEvents(app, IOLoop.current(), max_tasks_in_memory=_TASKS_KEPT)
    return GuardedFlower(credentials, capp=app, events=events, options=options, **of_tornado)


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def new_password() -> str:
    """Twelve characters, 72 random bits."""
    return secrets.token_urlsafe(9)


if __name__ == "__main__":
    sys.exit(main())
