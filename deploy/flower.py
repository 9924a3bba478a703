"""Celery's monitor, behind a password: ``python -m deploy.flower``."""

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence

from celery import Celery

from contracts.process import run_process
from contracts.queues import broker_options
from contracts.settings import Settings

_TASKS_KEPT = 10_000
"""Flower's own limit is ten times as many, which is hundreds of megabytes."""

_LOG_LEVELS = {"info": "warning"}
"""At the level of information Flower prints a page of its own tasks at every start."""


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
    # By the environment, because every user of the machine can read a command line.
    os.environ["FLOWER_BASIC_AUTH"] = f"{settings.flower_user}:{password}"
    app = Celery("mien", set_as_current=False)
    app.conf.update(broker_options(settings))
    app.start(arguments(settings))


def arguments(settings: Settings) -> list[str]:
    """Flower's command line."""
    return [
        "flower",
        f"--address={settings.host}",
        f"--port={settings.flower_port}",
        f"--max_tasks={_TASKS_KEPT}",
        f"--logging={_LOG_LEVELS.get(settings.log_level, settings.log_level)}",
    ]


def new_password() -> str:
    """Twelve characters, 72 random bits."""
    return secrets.token_urlsafe(9)


if __name__ == "__main__":
    sys.exit(main())
