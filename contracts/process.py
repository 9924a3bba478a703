"""The one way in which a process of Mien starts, and says why it cannot."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Final

from contracts.errors import ConfigurationError, MienError
from contracts.logs import configure_logging
from contracts.settings import Settings, load_settings, unknown_settings

PROJECT: Final = "mien"
EXIT_CONFIGURATION: Final = 2
"""Exit status of a process that cannot work as it is configured: to start it again would change nothing."""
EXIT_FAILURE: Final = 1


def run_process(role: str, main: Callable[[Settings], None]) -> int:
    """Read the settings, set up logging, and do the process's work. Names that look like settings are pointed out.

    Args:
        role: ``gateway``, ``worker``, ``capture``, ``flower``, or `PROJECT` itself for what runs them all.
        main: the work; returns when the process has been told to end.

    Returns:
        The exit status. An error raised on purpose is one sentence on the standard error stream.
    """
    log_format = "text"
    try:
        settings = load_settings()
        log_format = settings.log_format
        configure_logging(settings, role)
        for sentence in unknown_settings(os.environ).values():
            logging.getLogger(role).warning("%s", sentence)
        main(settings)
    except MienError as error:
        if log_format == "json":
            logging.getLogger(role).critical("%s", error)
        else:
            print(f"{role if role == PROJECT else f'{PROJECT} {role}'}: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILURE
    return 0
