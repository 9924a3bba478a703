"""The one way in which a process of Mien starts, and says why it cannot."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Final

from contracts.errors import ConfigurationError, MienError
from contracts.logs import configure_logging
from contracts.settings import PREFIX, Settings, load_settings
from contracts.unknown_settings import unknown_settings

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
    for_machines = os.environ.get(f"{PREFIX}LOG_FORMAT") == "json"
    if for_machines:  # read on its own, so that machines are told as well what is wrong with the other settings
        configure_logging(Settings.model_construct(log_format="json"), role)
    try:
        settings = load_settings()
        for_machines = settings.log_format == "json"
        configure_logging(settings, role)
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
