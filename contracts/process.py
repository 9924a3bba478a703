"""The one way in which a process of Mien starts, and says why it cannot."""

import logging
import os
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TextIO

from contracts.errors import ConfigurationError, MienError
from contracts.logs import configure_logging
from contracts.plain_lines import every_line_as_json
from contracts.settings import PREFIX, Settings, load_settings
from contracts.unknown_settings import unknown_settings

PROJECT: Final = "mien"
EXIT_CONFIGURATION: Final = 2
"""Exit status of a process that cannot work as it is configured: to start it again would change nothing."""
EXIT_FAILURE: Final = 1


@cache
def project_version() -> str:
    """The version of Mien that runs, as ``0.3.0``.

    Where libraries alone were installed, and Mien runs from a copy of its files, as on Heroku,
    ``pyproject.toml`` has it.
    """
    try:
        return version(PROJECT)
    except PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
        return str(project["version"])


def run_process(role: str, main: Callable[[Settings], None], *, answers: bool = False) -> int:
    """Read the settings, set up logging, and do the process's work. Names that look like settings are pointed out.

    Args:
        role: ``gateway``, ``worker``, ``capture``, ``flower``, or `PROJECT` itself for what runs them all.
        main: the work; returns when the process has been told to end.
        answers: its standard output is the answer for whoever typed the command, as a new key, and never log lines.

    Returns:
        The exit status. An error raised on purpose is one sentence on the standard error stream.
    """
    if os.environ.get(f"{PREFIX}LOG_FORMAT") != "json":
        return _run(role, main)
    # Read on its own, so that machines are told as well what is wrong with the other settings.
    for_machines = Settings.model_construct(log_format="json")
    try:
        with every_line_as_json(role, (2,) if answers else (1, 2)) as stream, _noted_by_machines(role):
            configure_logging(for_machines, role, stream)
            try:
                return _run(role, main, stream)
            except Exception:
                logging.getLogger(role).critical("ended by an unexpected error", exc_info=True)
                return EXIT_FAILURE
    finally:
        configure_logging(for_machines, role)  # for what is logged later, as that stream is closed


def _run(role: str, main: Callable[[Settings], None], stream: TextIO | None = None) -> int:
    for_machines = stream is not None
    try:
        settings = load_settings()
        for_machines = settings.log_format == "json"
        configure_logging(settings, role, stream)
        for sentence in unknown_settings(os.environ).values():
            logging.getLogger(role).warning("%s", sentence)
        main(settings)
    except MienError as error:
        if for_machines:
            logging.getLogger(role).critical("%s", error)
        else:
            print(f"{role if role == PROJECT else f'{PROJECT} {role}'}: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILURE
    return 0


@contextmanager
def _noted_by_machines(role: str) -> Iterator[None]:
    """Warnings, and errors that end a thread, are one line each, with the traceback inside."""

    def note(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
            error = (ended.exc_type, ended.exc_value, ended.exc_traceback)
            logging.getLogger(role).critical("a thread was ended by an unexpected error", exc_info=error)

    logging.captureWarnings(True)
    before, threading.excepthook = threading.excepthook, note
    try:
        yield
    finally:
        threading.excepthook = before
        logging.captureWarnings(False)


def restart_delays(longest_s: float) -> Iterator[float]:
    """Seconds before each restart of a process that keeps ending: none, then 1 s, doubled up to the longest."""
    yield 0.0
    delay = 1.0
    while True:
        yield delay
        delay = min(2 * delay, longest_s)
